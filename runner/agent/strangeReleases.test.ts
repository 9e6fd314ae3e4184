import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { changeRelease } from "../release/changeRelease.ts";
import { deployedBy, functionOf, scratchFolder } from "../release/fixtures.ts";
import type { FolderStore } from "../release/folderStore.ts";
import { sha256Hex } from "../release/manifest.ts";
import { requireSignature, signed } from "../release/signature.ts";
import { deployStable } from "../release/tableChanges.ts";
import { CURRENT_SCHEMA, type Current, RELEASE_SCHEMA } from "../release/types.ts";
import { fleetOfOne, until } from "./agentFixture.ts";

const alice = generateKeyPairSync("ed25519");
const bob = generateKeyPairSync("ed25519");

async function keyFileOf(t: TestContext, ...keys: readonly KeyObject[]) {
  const file = join(await scratchFolder(t), "release.pub");
  const write = (...those: readonly KeyObject[]) =>
    writeFile(file, those.map((key) => key.export({ type: "spki", format: "pem" })).join("\n"));
  await write(...keys);
  return { file, write };
}

async function deploy(store: FolderStore, source: string, signer: KeyObject | null): Promise<Current> {
  const { manifest, bytes } = functionOf("a", source);
  const deployed = deployedBy();
  const change = deployStable(manifest, { owner: "command", deployed });
  return (await changeRelease(store, change, { deployed, modules: () => bytes, signer })).current;
}

/** Points the store at something, whatever it is. */
async function point(store: FolderStore, next: object): Promise<void> {
  await writeFile(join(store.where, "current"), JSON.stringify(next));
}

describe("a node with deployers' keys", { concurrency: 3 }, () => {
  test("takes what one of them signed, and refuses what is unsigned or signed by another", async (t) => {
    const { file } = await keyFileOf(t, alice.publicKey);
    const { store, runner, startAgent, outcome, ack } = await fleetOfOne(t, { keyFile: file });
    const { metrics } = startAgent();
    await deploy(store, "1", alice.privateKey);
    assert.deepEqual(await outcome(1), { status: "active" });
    for (const [generation, signer] of [
      [2, null],
      [3, bob.privateKey],
    ] as const) {
      await deploy(store, `${generation}`, signer);
      const { status, reason } = (await outcome(generation)) ?? {};
      assert.equal(status, "refused");
      assert.match(String(reason), /signed/);
    }
    assert.match(metrics.toString(), /refusals_total\{reason="ERR_RELEASE_SIGNATURE"\} 2$/m);
    assert.deepEqual(runner.active, { release: 1, generation: 1 });
    assert.equal((await ack())?.generation, 1);
    await deploy(store, "4", alice.privateKey);
    assert.deepEqual(await outcome(4), { status: "active" });
  });

  test("refuses a pointer that was changed after it was signed", async (t) => {
    const { file } = await keyFileOf(t, alice.publicKey);
    const { store, runner, startAgent, outcome, ack } = await fleetOfOne(t, { keyFile: file });
    startAgent();
    await deploy(store, "1", alice.privateKey);
    const current = await deploy(store, "2", alice.privateKey);
    await outcome(2);
    await point(store, { ...current, generation: 9 });
    await until("it is refused", async () => (await ack())?.refused?.generation === 9);
    assert.deepEqual(runner.active, { release: 2, generation: 2 });
    requireSignature(current, { keys: [alice.publicKey], where: "current" });
  });

  test("has other keys as soon as their file changes, and keeps those it has when the file is none", async (t) => {
    const { file, write } = await keyFileOf(t, alice.publicKey);
    const { store, startAgent, outcome } = await fleetOfOne(t, { keyFile: file });
    const { logged } = startAgent();
    await deploy(store, "1", alice.privateKey);
    await outcome(1);
    await deploy(store, "2", bob.privateKey);
    assert.equal((await outcome(2))?.status, "refused");
    await write(alice.publicKey, bob.publicKey);
    await until("the next attempt takes it", async () => (await outcome(2))?.status === "active");
    await writeFile(file, "nonsense");
    await until("that is told", () => logged.some((line) => line.includes("those from before stay")));
    await deploy(store, "3", bob.privateKey);
    assert.deepEqual(await outcome(3), { status: "active" });
  });
});

describe("a node with older code", { concurrency: 2 }, () => {
  test("keeps what it serves under a pointer of newer code, and says so once, until it knows the next one", async (t) => {
    const { store, runner, startAgent, outcome, ack } = await fleetOfOne(t);
    const { metrics, logged } = startAgent();
    const current = await deploy(store, "1", null);
    await outcome(1);
    await point(store, { schema: CURRENT_SCHEMA + 1, generation: 2, new: "thing" });
    const refused = await until("the ack says so", async () => (await ack())?.refused);
    assert.equal(refused.generation, 2);
    assert.match(refused.reason, /schema 3 is not 2; update this node's runner/);
    assert.match(metrics.toString(), /refusals_total\{reason="ERR_RELEASE_SCHEMA"\} 1$/m);
    assert.equal(logged.filter((line) => line.includes("schema 3 is not 2")).length, 1);
    assert.deepEqual(runner.active, { release: 1, generation: 1 });
    await point(store, { ...current, generation: 3 });
    assert.deepEqual(await outcome(3), { status: "active" });
    assert.equal((await ack())?.refused, null);
  });

  test("keeps what it serves under a table of newer code", async (t) => {
    const { store, runner, startAgent, outcome } = await fleetOfOne(t);
    startAgent();
    await deploy(store, "1", null);
    await outcome(1);
    const bytes = Buffer.from(JSON.stringify({ schema: RELEASE_SCHEMA + 1, release: 2, functions: {} }));
    await store.writeRelease(2, bytes);
    const pointer = { schema: CURRENT_SCHEMA, generation: 2, release: 2, sha256: sha256Hex(bytes) };
    await point(store, signed(pointer, null));
    const { status, reason } = (await outcome(2)) ?? {};
    assert.equal(status, "refused");
    assert.match(String(reason), /schema 5 is not 4; update this node's runner/);
    assert.deepEqual(runner.active, { release: 1, generation: 1 });
  });
});
