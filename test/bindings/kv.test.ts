import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "../../runner/runnerProcesses.ts";

const MB = 1024 * 1024;

/** Runs the body of an async function that the request brings: `(KV, OTHER, request, ctx)`. */
const tasks = (bodies: Readonly<Record<string, string>>) => `const tasks = {
${Object.entries(bodies)
  .map(([name, body]) => `${name}: async (env, request, ctx) => { const KV = env.NOTES; ${body} }`)
  .join(",\n")}
};
export default { async fetch(request, env, ctx) {
  const result = await tasks[new URL(request.url).searchParams.get("task")](env, request, ctx);
  return result instanceof Response ? result : Response.json(result ?? null);
} };`;

const CODE = tasks({
  types: `await KV.put("a", JSON.stringify({ x: 1 })); const found = await KV.get("a", "stream");
    return [await KV.get("a"), await KV.get("a", "json"), (await KV.get("a", { type: "arrayBuffer" })).byteLength, await new Response(found).text(), await KV.get("none"), await KV.getWithMetadata("none")];`,
  bytes: `await KV.put("b", new Uint8Array([0, 255, 1])); await KV.put("v", new Uint8Array([1, 2, 3, 4]).subarray(1, 3)); await KV.put("e", "");
    return [[...new Uint8Array(await KV.get("b", "arrayBuffer"))], [...new Uint8Array(await KV.get("v", "arrayBuffer"))], await KV.get("e"), (await KV.get("e", "arrayBuffer")).byteLength];`,
  metadata: `await KV.put("m", "x", { metadata: { by: "me" }, expirationTtl: 600 }); const { keys } = await KV.list({ prefix: "m" });
    return [await KV.getWithMetadata("m"), keys[0].metadata, keys[0].expiration > Date.now() / 1000 + 500];`,
  list: `for (const k of ["p/c", "p/a", "q", "p/b", "p/é"]) await KV.put(k, k); const one = await KV.list({ prefix: "p/", limit: 2 });
    const two = await KV.list({ prefix: "p/", limit: 2, cursor: one.cursor }); await KV.delete("p/a"); const three = await KV.list({ prefix: "p/" });
    return [one.keys.map((k) => k.name), one.list_complete, two.keys.map((k) => k.name), two.list_complete, "cursor" in two, three.keys.length];`,
  large: `const size = Number(request.headers.get("x-size")); await KV.put("large", request.body); let bytes = 0; let sum = 0;
    for await (const chunk of await KV.get("large", "stream")) { bytes += chunk.length; for (const b of chunk) sum = (sum + b) % 65521; } return [bytes === size, sum];`,
  stream: "return new Response(await KV.get('large', 'stream'));",
  wrong: `const errors = []; for (const run of [() => KV.put("", "x"), () => KV.put("..", "x"), () => KV.put("k".repeat(513), "x"), () => KV.put("k", "x", { expirationTtl: 1 }),
      () => KV.put("k", "x", { metadata: "m".repeat(1025) }), () => KV.list({ limit: 0 }), () => KV.get("\\ud800"), () => KV.put("k", {}), () => KV.get("k", "blob"),
      () => KV.put("k", new Uint8Array(26 * 1024 * 1024))])
      try { await run(); errors.push("none"); } catch (e) { errors.push([e.name, e.code ?? "", e.message]); } return errors;`,
  locked: `const stream = new Response("x").body; stream.getReader(); const errors = []; for (let i = 0; i < 40; i++) await KV.put("l", stream).catch((e) => errors.push(e.name)); return [errors.length, errors[0], await KV.get("l")];`,
  escapes: "await KV.put('', 'x');",
  many: "for (let i = 0; i < 6; i++) await KV.get('a');",
  put: "await KV.put('kept', request.headers.get('x-value')); return 'acknowledged';",
  get: "return await KV.get(request.headers.get('x-key') ?? 'kept');",
  parallel: `await Promise.all(Array.from({ length: 500 }, (_, i) => KV.put("n" + i, String(i)))); const all = await Promise.all(Array.from({ length: 500 }, (_, i) => KV.get("n" + i)));
    return all.every((text, i) => text === String(i));`,
  env: "return [Object.keys(env), env.NOTES === env.NOTES, Object.isFrozen(env), String(env.NOTES), env.PLAIN];",
  top: "return [topLevel];",
});

describe("the binding kv", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const notes = { NOTES: { kind: "kv", name: "notes" } } as const;
    await runner.deploy({
      writer: {
        code: `let topLevel;\n${CODE}`,
        routes: ["/writer"],
        bindings: notes,
        env: { PLAIN: "plain" },
        limits: { requestBodyBytes: 30 * MB, responseBodyBytes: 30 * MB },
      },
      reader: { code: CODE, routes: ["/reader"], bindings: notes },
      apart: { code: CODE, routes: ["/apart"], bindings: { NOTES: { kind: "kv", name: "apart" } } },
      few: { code: CODE, routes: ["/few"], bindings: notes, limits: { bindingCalls: 5 } },
      none: { code: CODE, routes: ["/none"] },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const ask = async (name: string, task: string, headers: Record<string, string> = {}) => {
    const { status, body } = await runner.fetch(`/${name}?task=${task}`, { headers });
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("gives values as text, JSON, bytes and a stream, and null for what is not there", async () => {
    const nothing = { value: null, metadata: null };
    assert.deepEqual(await ask("writer", "types"), ['{"x":1}', { x: 1 }, 7, '{"x":1}', null, nothing]);
    assert.deepEqual(await ask("writer", "bytes"), [[0, 255, 1], [2, 3], "", 0]);
  });

  it("keeps metadata and an expiration beside values", async () => {
    assert.deepEqual(await ask("writer", "metadata"), [{ value: "x", metadata: { by: "me" } }, { by: "me" }, true]);
  });

  it("lists keys by prefix, in pages", async () => {
    assert.deepEqual(await ask("writer", "list"), [["p/a", "p/b"], false, ["p/c", "p/é"], true, false, 3]);
  });

  it("streams large values both ways", async () => {
    const body = "0123456789abcdef".repeat(MB / 4);
    const headers = { "x-size": `${body.length}` };
    const { status, body: text } = await runner.fetch("/writer?task=large", { method: "POST", body, headers });
    assert.equal(status, 200, text);
    assert.equal(JSON.parse(text)[0], true);
    assert.equal((await runner.fetch("/writer?task=stream")).body, body);
  });

  it("is one store for the functions that name the same namespace, and none for others", async () => {
    await ask("writer", "put", { "x-value": "shared" });
    assert.equal(await ask("reader", "get"), "shared");
    assert.equal(await ask("apart", "get"), null);
    assert.equal((await runner.fetch("/none?task=get")).status, 500);
  });

  it("has its place in env, made once", async () => {
    assert.deepEqual(await ask("writer", "env"), [["PLAIN", "NOTES"], true, true, "[object KvNamespace]", "plain"]);
  });

  it("says what is wrong with a call and what to do", async () => {
    const errors = (await ask("writer", "wrong")) as string[][];
    const codes = errors.map(([name, code]) => `${name} ${code}`.trim().replace("BindingError ERR_BINDING_", ""));
    const [invalid, large] = ["INVALID", "TOO_LARGE"];
    assert.deepEqual(codes, [
      invalid,
      invalid,
      large,
      invalid,
      large,
      invalid,
      invalid,
      "TypeError",
      "TypeError",
      large,
    ]);
    assert.match(errors[2]?.[2] ?? "", /^NOTES\.put: key has 513 bytes, the most is 512\. .*docs\/bindings\.md/);
    assert.match(errors[3]?.[2] ?? "", /expirationTtl is 1, not a whole number from 60/);
  });

  it("goes on after streams that cannot be read", async () => {
    assert.deepEqual(await ask("writer", "locked"), [40, "TypeError", null]);
  });

  it("answers with the typed error when one escapes, and the log has the call", async () => {
    const { status, headers, body } = await runner.fetch("/writer?task=escapes");
    assert.deepEqual([status, headers["x-edge-error"]], [500, "ERR_BINDING_INVALID"]);
    assert.doesNotMatch(body, /NOTES/);
    await until("the log has it", () => runner.lines.some(({ message }) => /NOTES\.put: key is/.test(`${message}`)));
  });

  it("counts operations of a request, and one too many is the limit's error", async () => {
    const { status, body } = await runner.fetch("/few?task=many");
    const { code, limit, value, used } = JSON.parse(body).error;
    assert.deepEqual([status, code, limit, value, used], [500, "ERR_LIMIT_BINDING_CALLS", "bindingCalls", 5, 6]);
  });

  it("does five hundred operations at once", async () => {
    assert.equal(await ask("writer", "parallel"), true);
  });

  it("shows in the metrics by what operations came to and how long they took", async () => {
    const own = { function: "writer", kind: "kv" };
    await until("the figures come", async () => {
      const metrics = await runner.metrics();
      const count = (labels: object) => metrics.sum("edge_runner_binding_operations_total", { ...own, ...labels });
      const took = metrics.sum("edge_runner_binding_operation_duration_seconds_count", own);
      const total = count({});
      return (
        count({ operation: "put", outcome: "answered" }) >= 500 &&
        count({ operation: "put", outcome: "ERR_BINDING_INVALID" }) >= 3 &&
        took === total
      );
    });
  });

  it("has what it acknowledged after the broker was killed, and answers again", linuxOnly, async () => {
    for (let round = 0; round < 3; round++) {
      await ask("writer", "put", { "x-value": `round ${round}` });
      const [broker] = runnerProcesses(runner.process?.pid as number, "broker");
      process.kill(broker as number, "SIGKILL");
      let body = "";
      // What was under way when the worker had not heard of it yet is the typed error.
      await until("the broker is back", async () => {
        const answer = await runner.fetch("/reader?task=get");
        body = answer.body;
        if (answer.status !== 200) assert.equal(answer.headers["x-edge-error"], "ERR_BINDING_UNAVAILABLE");
        return answer.status === 200;
      });
      assert.equal(JSON.parse(body), `round ${round}`);
    }
  });
});
