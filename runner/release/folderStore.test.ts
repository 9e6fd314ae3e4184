import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import type { ReleaseError } from "./errors.ts";
import { UNFINISHED } from "./files.ts";
import { contentOf, functionOf, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import { publishRelease } from "./publish.ts";
import { type Ack, CURRENT_SCHEMA, type Current } from "./types.ts";

const pointer = (generation: number, release = 1): Current => ({
  schema: CURRENT_SCHEMA,
  signature: null,
  generation,
  release,
  sha256: "0".repeat(64),
});
const ack: Ack = {
  node: "n1",
  region: "r",
  generation: 1,
  release: 1,
  at: "now",
  functions: {},
  control: 0,
  refused: null,
};

const withCode =
  (code: string, message = /./) =>
  (error: ReleaseError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };

describe("the folder store", () => {
  test("swaps the pointer only for who has seen the newest one", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    assert.equal(await store.readCurrent(), null);
    assert.equal(await store.currentStamp(), null);

    const first = await store.compareAndSwapCurrent(null, pointer(1));
    assert.ok(first.swapped);
    const stamp = await store.currentStamp();
    assert.deepEqual(await store.readCurrent(), { current: pointer(1), etag: first.etag });
    assert.deepEqual(await store.compareAndSwapCurrent(null, pointer(7)), { swapped: false, winner: pointer(1) });

    const second = await store.compareAndSwapCurrent(first.etag, pointer(2));
    assert.ok(second.swapped);
    assert.notEqual(await store.currentStamp(), stamp);
    assert.deepEqual(await store.compareAndSwapCurrent(first.etag, pointer(3)), { swapped: false, winner: pointer(2) });
  });

  test("gives a release number to one writer only", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const outcomes = await Promise.all(["a", "b", "c"].map((text) => store.writeRelease(1, Buffer.from(text))));
    assert.deepEqual(outcomes.toSorted(), [false, false, true]);
    const winner = ["a", "b", "c"][outcomes.indexOf(true)];
    assert.equal((await store.readRelease(1)).toString(), winner);
    assert.equal(await store.newestRelease(), 1);
    assert.deepEqual(await readdir(join(store.where, "releases")), ["1.json"]);
  });

  test("says which file is missing, damaged or too large", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await assert.rejects(store.readRelease(5), withCode("ERR_RELEASE_MISSING", /releases\/5\.json.*deploy again/));
    const current = join(store.where, "current");
    await writeFile(current, '{"schema":1,"gen');
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_JSON", /delete .*current and deploy again/));
    await truncate(current, 1_000_000);
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_SIZE", /1000000 bytes/));
    await rm(current);
    await mkdir(current);
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", /not a plain file/));
    await rm(current, { recursive: true });
    execFileSync("mkfifo", [current]);
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", /not a plain file/));
  });

  test("tells a store that is away from one without a release", async (t) => {
    const store = new FolderStore(join(await scratchFolder(t), "away"));
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", /away/));
    await assert.rejects(store.currentStamp(), withCode("ERR_RELEASE_STORE", /away/));
  });

  test("knows a whole module from a damaged one", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const { manifest, bytes } = functionOf("a", "export default {}");
    const [ref] = manifest.modules;
    assert.ok(ref);
    assert.equal(await store.hasModule(ref), false);
    await store.writeModule(ref, bytes);
    assert.equal(await store.hasModule(ref), true);
    const file = join(store.where, "modules", ref.sha256);
    await chmod(file, 0o644);
    for (const damage of ["export default []", "short", "longer than it should be"]) {
      await writeFile(file, damage);
      assert.equal(await store.hasModule(ref), false, damage);
    }
    await publishRelease(store, contentOf({ a: "export default {}" }));
    assert.equal(await store.hasModule(ref), true, "a deploy repairs it");
  });

  test("keeps an ack per node and skips what is no ack", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    await store.writeAck(ack);
    await store.writeAck({ ...ack, node: "n2", generation: null, release: null });
    await writeFile(join(store.where, "acks", "n3.json"), "{");
    await writeFile(join(store.where, "acks", "n4.json"), JSON.stringify(ack));
    await symlink("/nowhere", join(store.where, "acks", "n5.json"));
    assert.deepEqual([...(await store.readAcks()).keys()], ["n1", "n2"]);
    await store.removeAck("n2");
    await store.removeAck("never-there");
    assert.deepEqual(await store.readAcks(), new Map([["n1", ack]]));
    await assert.rejects(store.writeAck({ ...ack, node: "../current" }), withCode("ERR_RELEASE_SHAPE"));
  });

  test("removes what a dead writer left an hour ago, and nothing younger", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const [old, young] = [`${UNFINISHED}old`, `${UNFINISHED}young`];
    await writeFile(join(store.where, old), "");
    await writeFile(join(store.where, young), "");
    await utimes(join(store.where, old), new Date(0), new Date(0));
    await store.compareAndSwapCurrent(null, pointer(1));
    const names = await readdir(store.where);
    assert.deepEqual([names.includes(old), names.includes(young)], [false, true]);
  });

  test("lets exactly one of two processes win each of 50 rounds, and the generation only grows", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const rivals = [startRival(t, store.where, 101), startRival(t, store.where, 202)];
    let newest = 0;
    for (let round = 1; round <= 50; round++) {
      const [a, b] = await Promise.all(rivals.map((rival) => rival.swap(round)));
      assert.deepEqual([a, b].toSorted(), ["lost", "won"], `round ${round}`);
      const found = await store.readCurrent();
      assert.equal(found?.current.release, a === "won" ? 101 : 202);
      assert.ok(found.current.generation > newest);
      newest = found.current.generation;
    }
    assert.equal(newest, 50);
  });

  test("is not blocked by a deployer that was killed while it held the lock", async (t) => {
    const store = new FolderStore(await scratchFolder(t));
    const holder = startScript(
      t,
      `import { withFolderLock } from ${JSON.stringify(import.meta.resolve("./folderLock.ts"))};
       await withFolderLock(process.argv[1], () => { console.log("held"); return new Promise((done) => setTimeout(done, 1e6)); });`,
      join(store.where, "current.lock"),
    );
    await once(createInterface(holder.stdout), "line");
    const swap = store.compareAndSwapCurrent(null, pointer(1));
    assert.equal(await Promise.race([swap, new Promise((done) => setTimeout(done, 100, "waits"))]), "waits");
    holder.kill("SIGKILL");
    assert.equal((await swap).swapped, true);
  });

  test("leaves nothing half-written on a full disk and says what to do", async (t) => {
    const folder = await scratchFolder(t);
    if (!mountTiny(folder)) return t.skip("mounting a small tmpfs needs root");
    try {
      const store = new FolderStore(folder);
      await publishRelease(store, contentOf({ a: "export default {}" }));
      const before = await listing(folder);
      await assert.rejects(
        publishRelease(store, contentOf({ a: `// ${"x".repeat(300_000)}` })),
        withCode("ERR_RELEASE_STORE_FULL", /modules\/[0-9a-f]{64}.*EDGE_STATE_DIR/),
      );
      assert.deepEqual(await listing(folder), before);
      await publishRelease(store, contentOf({ a: "export default { b: 1 }" }));
      assert.equal((await store.readCurrent())?.current.generation, 2);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});

function startScript(t: { after(fn: () => void): void }, source: string, ...args: string[]) {
  const child = spawn(process.execPath, ["--input-type=module", "-e", source, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

/** A deployer in a process of its own that swaps in its release when told the round. */
function startRival(t: { after(fn: () => void): void }, folder: string, release: number) {
  const child = startScript(
    t,
    `import { createInterface } from "node:readline";
     import { FolderStore } from ${JSON.stringify(import.meta.resolve("./folderStore.ts"))};
     const store = new FolderStore(process.argv[1]);
     let etag = null;
     for await (const round of createInterface(process.stdin)) {
       const next = { schema: ${CURRENT_SCHEMA}, signature: null, generation: Number(round), release: ${release}, sha256: "0".repeat(64) };
       const result = await store.compareAndSwapCurrent(etag, next);
       console.log(result.swapped ? "won" : "lost");
       etag = (await store.readCurrent()).etag;
       console.log("ready");
     }`,
    folder,
  );
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async swap(round: number): Promise<string> {
      child.stdin.write(`${round}\n`);
      const outcome = (await lines.next()).value as string;
      await lines.next();
      return outcome;
    },
  };
}

function mountTiny(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function listing(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}
