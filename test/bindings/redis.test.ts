import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { RedisServer } from "./redisServer.ts";
import { writeSecrets } from "./secrets.ts";
import { refusals, tasksCode } from "./tasks.ts";

const CODE = tasksCode({
  typed: `const { CACHE } = env; await CACHE.delete("a", "n", "b"); return [await CACHE.get("a"), await CACHE.set("a", "é\\u{1F600}", { ttl: 100 }), await CACHE.get("a"), await CACHE.set("a", "x", { ifAbsent: true }),
    await CACHE.increment("n"), await CACHE.increment("n", 5), await CACHE.expire("n", 100), await CACHE.expire("none", 1), await CACHE.delete("a", "none"), await CACHE.delete(), String(CACHE)];`,
  bytes: `await env.CACHE.set("b", new Uint8Array([0, 255, 13, 10])); const raw = await env.CACHE.command("get", "b"); return [[...raw], await env.CACHE.get("b"), await env.CACHE.command("STRLEN", "b")];`,
  pipeline: `await env.CACHE.set("text", "x"); const answers = await env.CACHE.pipeline([["SET", "p", 1], ["LPUSH", "text", 1], ["MGET", "p", "none"], ["HSET", "h", "f", "v"], ["HGETALL", "h"]]);
    return [answers.map((a) => a instanceof Error ? [a.name, a.code, a.storeCode, a.remedy.length > 0] : a), await env.CACHE.pipeline([])];`,
  scan: `await env.CACHE.pipeline([["SET", "s:1", 1], ["SET", "s:2", 1]]); const found = []; let cursor = "0"; do { const [next, keys] = await env.CACHE.command("SCAN", cursor, "MATCH", "s:*"); found.push(...keys); cursor = next; } while (cursor !== "0"); return found.sort();`,
  wrong: refusals(
    'env.CACHE.command("KEYS", "*")',
    'env.CACHE.command("FLUSHALL")',
    'env.CACHE.command("EVAL", "return 1", 0)',
    'env.CACHE.command("GET", null)',
    'env.CACHE.command("GET", {})',
    'env.CACHE.command("LPUSH", "text", 1)',
    'env.CACHE.set("k".repeat(2000), "x")',
    'env.CACHE.set("large", "x".repeat(2_000_000))',
    "env.CACHE.command()",
    'env.CACHE.pipeline([["GET", "a"], ["SELECT", 1]])',
    "env.CACHE.pipeline(7)",
  ),
  put: `return await env.CACHE.set("mine", request.headers.get("x-value"));`,
  get: `return await env.CACHE.get("mine");`,
  parallel: `const { CACHE } = env; const all = await Promise.all(Array.from({ length: 300 }, async (_, i) => { await CACHE.set("many" + i, i); return await CACHE.get("many" + i) === String(i); })); return all.every(Boolean);`,
});

describe("the binding redis", () => {
  const server = new RedisServer();
  let runner: TestRunner;
  before(async () => {
    await server.start();
    const sessions = { name: "sessions", url: "url", ca: null, tls: null, prefix: "sessions:" } as const;
    const secure = { name: "secure", url: "tls-url", ca: "ca", tls: null, prefix: "secure:" } as const;
    runner = new TestRunner({ workers: 1, redis: [sessions, secure] });
    writeSecrets(runner, { url: server.url(), "tls-url": server.url({ tls: true }), ca: server.ca });
    await runner.start();
    await runner.deploy({
      one: { code: CODE, routes: ["/one"], bindings: { CACHE: { kind: "redis", name: "sessions" } } },
      same: { code: CODE, routes: ["/same"], bindings: { CACHE: { kind: "redis", name: "sessions" } } },
      apart: { code: CODE, routes: ["/apart"], bindings: { CACHE: { kind: "redis", name: "secure" } } },
      nowhere: { code: CODE, routes: ["/nowhere"], bindings: { CACHE: { kind: "redis", name: "unknown" } } },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    await server.stop();
  });

  const send = (name: string, task: string, value = "") =>
    runner.fetch(`/${name}?task=${task}`, { headers: { "x-value": value } });
  const ask = async (name: string, task: string, value = "") => {
    const { status, body } = await send(name, task, value);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("has methods for keys, counters and times", async () => {
    assert.deepEqual(await ask("one", "typed"), [
      null,
      true,
      "é\u{1F600}",
      false,
      1,
      6,
      true,
      false,
      1,
      0,
      "[object RedisClient]",
    ]);
    assert.deepEqual(await ask("one", "bytes"), [[0, 255, 13, 10], "\0\ufffd\r\n", 4]);
    assert.equal(await ask("one", "parallel"), true);
  });

  it("sends several commands together, and scans", async () => {
    const wrong = ["BindingError", "ERR_BINDING_FAILED", "WRONGTYPE", true];
    assert.deepEqual(await ask("one", "pipeline"), [["OK", wrong, ["1", null], 1, ["f", "v"]], []]);
    assert.deepEqual(await ask("one", "scan"), ["s:1", "s:2"]);
  });

  it("refuses what functions may not do", async () => {
    const refused = (await ask("one", "wrong")) as [string, string | null][];
    assert.deepEqual(
      refused.map(([name, code]) => code ?? name),
      [
        "ERR_BINDING_REFUSED",
        "ERR_BINDING_REFUSED",
        "ERR_BINDING_REFUSED",
        "TypeError",
        "TypeError",
        "ERR_BINDING_FAILED",
        "ERR_BINDING_TOO_LARGE",
        "ERR_BINDING_TOO_LARGE",
        "ERR_BINDING_REFUSED",
        "ERR_BINDING_REFUSED",
        "TypeError",
      ],
    );
  });

  it("keeps each name's keys apart, over TLS too, and shares them among functions that use the name", async () => {
    await ask("one", "put", "shared");
    await ask("apart", "put", "own");
    assert.deepEqual([await ask("same", "get"), await ask("apart", "get")], ["shared", "own"]);
    const { status, body } = await send("nowhere", "get");
    assert.deepEqual([status, JSON.parse(body).error.code], [503, "ERR_BINDING_UNAVAILABLE"]);
  });

  it("is typed while the server is away, and heals; the broker's death loses nothing", linuxOnly, async () => {
    await ask("one", "put", "kept");
    await server.kill();
    const { status, body } = await send("one", "get");
    assert.deepEqual([status, JSON.parse(body).error.code], [503, "ERR_BINDING_UNAVAILABLE"]);
    await server.boot();
    await until("it is back", async () => (await send("one", "get")).status === 200);
    assert.equal(await ask("one", "get"), "kept");
    const [broker] = runnerProcesses(runner.process?.pid as number, "broker");
    process.kill(broker as number, "SIGKILL");
    await until("the broker is back", async () => (await send("one", "get")).status === 200);
    assert.equal(await ask("one", "get"), "kept");
  });
});
