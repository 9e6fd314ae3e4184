import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { appendControl } from "../release/controlLog.ts";
import { scratchFolder } from "../release/fixtures.ts";
import { fleetOfOne, until } from "./agentFixture.ts";

const who = { by: "someone", signer: null };
const URL_ORDER = { url: "https://a.test/page" };

/** What listens where Varnish does, for tests: keeps what it was told to forget. Node's own HTTP server knows no BAN. */
async function cacheOf(t: TestContext, answers: number[] = []) {
  const socket = join(await scratchFolder(t), "purge.sock");
  const told: string[] = [];
  const server = createServer((connection) => {
    connection.on("error", () => {});
    connection.once("data", (head) => {
      const [method, path] = head.toString().split(" ");
      const [, subject] = /^x-edge-(?:tag|host): (.*)\r$/m.exec(head.toString()) ?? [];
      told.push(`${method} ${subject ?? path}`);
      connection.end(`HTTP/1.1 ${answers.shift() ?? 200} 1\r\ncontent-length: 0\r\n\r\n`);
    });
  });
  const start = async () => {
    server.listen(socket);
    await once(server, "listening");
    t.after(() => server.close());
  };
  return { socket, told, start };
}

describe("the control log on a node", { concurrency: 4 }, () => {
  test("is followed: purges reach the cache in their order, a lift the runner, and the ack says how far", async (t) => {
    const cache = await cacheOf(t);
    await cache.start();
    const { store, runner, startAgent, ack } = await fleetOfOne(t, { purgeSocket: cache.socket });
    const { metrics } = startAgent();
    await appendControl(store, { kind: "purge", order: URL_ORDER }, who);
    await appendControl(store, { kind: "lift", function: "hello" }, who);
    await appendControl(store, { kind: "purge", order: { tag: "news" } }, who);
    await until("all are done", async () => (await ack())?.control === 3);
    // The first start knows of no cache, so it empties it.
    assert.deepEqual(cache.told, ["BAN /", "PURGE /page", "BAN news"]);
    assert.deepEqual(runner.lifted, ["hello"]);
    assert.match(metrics.toString(), /^edge_agent_control_entry 3$/m);
    assert.match(metrics.toString(), /^edge_agent_control_entries_total\{reason="purge"\} 2$/m);
  });

  test("is replayed by a node that was away before it answers, each entry once", async (t) => {
    const cache = await cacheOf(t);
    await cache.start();
    const { store, startAgent, ack } = await fleetOfOne(t, { purgeSocket: cache.socket });
    const first = startAgent();
    await first.opened;
    await first.end();
    await appendControl(store, { kind: "purge", order: URL_ORDER }, who);
    await appendControl(store, { kind: "purge", order: { host: "a.test" } }, who);
    cache.told.length = 0;
    const second = startAgent();
    await second.opened;
    assert.deepEqual(cache.told, ["PURGE /page", "BAN a\\.test"]);
    await until("it says so", async () => (await ack())?.control === 2);
    await second.end();
    cache.told.length = 0;
    await startAgent().opened;
    assert.deepEqual(cache.told, []);
  });

  test("that goes on further than a node can see makes it forget everything", async (t) => {
    const cache = await cacheOf(t);
    await cache.start();
    const { store, startAgent, ack } = await fleetOfOne(t, { purgeSocket: cache.socket });
    await startAgent().end();
    for (let n = 0; n < 3; n++) await appendControl(store, { kind: "purge", order: URL_ORDER }, who);
    for (const name of ["1", "2"]) await store.removeStored("control", name);
    cache.told.length = 0;
    startAgent();
    await until("it is there", async () => (await ack())?.control === 3);
    assert.deepEqual(cache.told, ["BAN /"]);
  });

  test("is not held up by a cache that is down, and waits for one that fails", async (t) => {
    const cache = await cacheOf(t, [503]);
    const { store, startAgent, ack } = await fleetOfOne(t, { purgeSocket: cache.socket });
    const first = startAgent();
    await appendControl(store, { kind: "purge", order: URL_ORDER }, who);
    await until("a cache that is to start begins empty", async () => (await ack())?.control === 1);
    await first.end();

    await cache.start();
    await appendControl(store, { kind: "purge", order: URL_ORDER }, who);
    const { logged, metrics } = startAgent();
    await until("it is done at the second attempt", async () => (await ack())?.control === 2);
    assert.match(metrics.toString(), /^edge_agent_purge_errors_total 1$/m);
    assert.equal(logged.filter((line) => line.includes("the control log cannot be followed")).length, 1);
  });

  test("has entries that are damaged, of newer code or not signed passed over, and counted", async (t) => {
    const cache = await cacheOf(t);
    await cache.start();
    const { privateKey: signer, publicKey } = generateKeyPairSync("ed25519");
    const keyFile = join(await scratchFolder(t), "release.pub");
    await writeFile(keyFile, publicKey.export({ type: "spki", format: "pem" }));
    const { store, startAgent, ack } = await fleetOfOne(t, { purgeSocket: cache.socket, keyFile });
    await startAgent().end();
    cache.told.length = 0;
    await appendControl(store, { kind: "purge", order: { all: true } }, who);
    await store.writeControl(2, Buffer.from('{"schema":'));
    await store.writeControl(3, Buffer.from('{"schema":2,"n":3,"kind":"reboot"}'));
    await store.writeControl(4, Buffer.alloc(20_000, "x"));
    await appendControl(store, { kind: "purge", order: URL_ORDER }, { by: "someone", signer });
    const { metrics } = startAgent();
    await until("it is past them", async () => (await ack())?.control === 5);
    assert.deepEqual(cache.told, ["PURGE /page"]);
    for (const code of ["SIGNATURE", "JSON", "SCHEMA", "SIZE"]) {
      assert.match(metrics.toString(), new RegExp(`refusals_total\\{reason="ERR_RELEASE_${code}"\\} 1$`, "m"));
    }
  });

  test("is caught up with when the store is back; a node that starts meanwhile answers without it", async (t) => {
    const { store, startAgent, ack } = await fleetOfOne(t);
    await rm(store.where, { recursive: true });
    const { opened } = startAgent();
    await opened;
    await mkdir(store.where);
    await appendControl(store, { kind: "lift", function: "a" }, who);
    await until("it is done", async () => (await ack())?.control === 1);
  });
});
