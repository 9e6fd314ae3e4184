import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, describe, it } from "node:test";
import { until } from "../../runnerFixture.ts";
import { BindingFault, type Operation } from "./engine.ts";
import { Stores } from "./stores.ts";

const dir = mkdtempSync(join(tmpdir(), "edge-stores-"));
after(() => rmSync(dir, { recursive: true, force: true }));

const OPERATION: Operation = {
  function: "mine",
  owner: "0 1",
  name: "orders",
  operation: "query",
  args: {},
  body: Buffer.from("{}"),
  bodyBytes: undefined,
  hold: () => {},
  signal: new AbortController().signal,
};

function stores(script: string): Stores {
  const path = join(dir, "thread.mjs");
  writeFileSync(path, `import { parentPort } from "node:worker_threads"; ${script}`);
  return new Stores(path, { secretsDir: dir, postgres: [], redis: [] });
}

describe("the thread of stores", () => {
  it("that ends fails what it had, open results too, and is started again", async () => {
    const engine = stores(`parentPort.on("message", ({ id, operation }) => {
      if (operation.operation === "end") process.exit(1);
      else parentPort.postMessage({ type: "done", id, result: operation.operation, isOpen: operation.operation === "begin" });
    });`).engine("postgres");
    const { result, body } = await engine.run({ ...OPERATION, operation: "begin" });
    assert.equal(result, "begin");
    const lost = new Promise((resolve) => (body as Readable).once("error", resolve));
    await assert.rejects(engine.run({ ...OPERATION, operation: "end" }), { code: "ERR_BINDING_UNAVAILABLE" });
    assert.ok((await lost) instanceof BindingFault);
    await until("it is started again", async () => {
      const again = await engine.run(OPERATION).catch((error: BindingFault) => error.code);
      if (again === "ERR_BINDING_UNAVAILABLE") return false;
      assert.deepEqual(again, { result: "query" });
      return true;
    });
  });

  it("that always ends is not started at once, however often it is asked", async () => {
    const starts = join(dir, "starts");
    const engine = stores(`import { appendFileSync } from "node:fs"; appendFileSync(${JSON.stringify(starts)}, "x");
      parentPort.on("message", () => process.exit(1));`).engine("redis");
    const begun = performance.now();
    for (let call = 0; call < 20; call++) {
      await assert.rejects(engine.run(OPERATION), { code: "ERR_BINDING_UNAVAILABLE" });
    }
    const most = 1 + Math.floor((performance.now() - begun) / 1_000);
    assert.ok(readFileSync(starts).length <= most, `${readFileSync(starts).length} starts, the most is ${most}`);
  });

  it("is told when nobody wants an open result any more, by whichever way", async () => {
    const engine = stores(`let told = []; parentPort.on("message", ({ type, id, operation }) => {
      if (type === "abort") told.push(id); else parentPort.postMessage({ type: "done", id, result: told, isOpen: operation.operation === "begin" });
    });`).engine("postgres");
    const controller = new AbortController();
    await engine.run({ ...OPERATION, operation: "begin", signal: controller.signal });
    const second = await engine.run({ ...OPERATION, operation: "begin" });
    controller.abort(new Error("gone"));
    (second.body as Readable).destroy();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual((await engine.run(OPERATION)).result, [1, 2]);
  });

  it("gets no call that is too large", async () => {
    const engine = stores("").engine("redis");
    const body = Readable.from(Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024)));
    await assert.rejects(engine.run({ ...OPERATION, body }), { code: "ERR_BINDING_TOO_LARGE" });
    await assert.rejects(engine.run({ ...OPERATION, body: Readable.from([]), bodyBytes: 5e6 }), {
      code: "ERR_BINDING_TOO_LARGE",
    });
  });
});
