import assert from "node:assert/strict";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { scratchFolder } from "../../release/fixtures.ts";
import { openSecretStore } from "./openSecretStore.ts";
import { SealedSource } from "./sealedSecrets.ts";

async function sealed(t: TestContext) {
  const folder = join(await scratchFolder(t), "sealed");
  const source = new SealedSource({ folder, keyFile: `${folder}.key` });
  const fetch = async (reference: string) => (await source.fetch([reference])).get(reference);
  return { folder, fetch, store: await openSecretStore(`local:${folder}`) };
}

test("what is set is opened by who has the key, and listed without its value", async (t) => {
  const { folder, fetch, store } = await sealed(t);
  assert.deepEqual(await store.list(), []);
  assert.equal(await store.set("payments-key", "hunter2 é"), "local:payments-key");
  await store.set("other", "x");
  assert.deepEqual(await fetch("local:payments-key"), { value: "hunter2 é" });
  const listed = await store.list();
  assert.deepEqual(
    listed.map(({ reference }) => reference),
    ["local:other", "local:payments-key"],
  );
  assert.ok(listed[0]?.changedAt instanceof Date);
  assert.doesNotMatch(JSON.stringify(listed), /hunter2/);
  for (const name of await readdir(folder))
    assert.doesNotMatch(await readFile(join(folder, name), "latin1"), /hunter2/);
  assert.equal((await stat(`${folder}.key`)).mode & 0o777, 0o600);
  await store.set("payments-key", "renewed");
  assert.deepEqual(await fetch("local:payments-key"), { value: "renewed" });
  assert.equal(await store.remove("payments-key"), true);
  assert.equal(await store.remove("payments-key"), false);
});

test("who has the public key alone can set a secret, and cannot open it", async (t) => {
  const { folder, fetch, store } = await sealed(t);
  await store.set("first", "1");
  const key = await readFile(`${folder}.key`);
  await rm(`${folder}.key`);
  await store.set("second", "hunter2");
  const refused = await fetch("local:second");
  assert.ok(refused && "fault" in refused);
  assert.equal(refused.fault, "unfit");
  assert.match(refused.reason, /local:second: the key .*sealed\.key is not there/);
  await writeFile(`${folder}.key`, key, { mode: 0o600 });
  assert.deepEqual(await fetch("local:second"), { value: "hunter2" });
});

test("what is missing, damaged, renamed or sealed for another fleet is told, and no value with it", async (t) => {
  const { folder, fetch, store } = await sealed(t);
  await store.set("a", "hunter2");
  await store.set("b", "x");
  await rename(join(folder, "a.age"), join(folder, "c.age"));
  await writeFile(join(folder, "b.age"), "nonsense");
  for (const [name, fault, reason] of [
    ["none", "missing", /edge secrets set none/],
    ["b", "unfit", /local:b/],
    ["c", "unfit", /was sealed as a; set it again/],
  ] as const) {
    const found = await fetch(`local:${name}`);
    assert.ok(found && "fault" in found);
    assert.equal(found.fault, fault);
    assert.match(found.reason, reason);
    assert.doesNotMatch(found.reason, /hunter2/);
  }
  const other = await sealed(t);
  await other.store.set("a", "x");
  await rename(join(other.folder, "a.age"), join(folder, "a.age"));
  const foreign = await fetch("local:a");
  assert.ok(foreign && "fault" in foreign && foreign.fault === "unfit");
});

test("names and values that cannot be secrets are refused", async (t) => {
  const { store } = await sealed(t);
  await assert.rejects(store.set("../a", "x"), /is no secret's name/);
  await assert.rejects(store.set("a", ""), /the secret a is empty/);
  await assert.rejects(store.set("a", "hunter2".repeat(5_000)), (error: Error) => {
    assert.match(error.message, /has 35000 bytes, the most is 32767/);
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
  await assert.rejects(store.remove("a/b"), /is no secret's name/);
  for (const [address, fault] of [
    ["vault:x", /of no kind that is known/],
    ["local:", /names no folder/],
    ["ssm:/prod", /has "" for a region/],
    ["ssm:prod?region=eu-central-1", /for a path, such as \/prod/],
    ["secretsmanager:a b?region=eu-central-1", /for a prefix/],
  ] as const) {
    await assert.rejects(openSecretStore(address), fault);
  }
});
