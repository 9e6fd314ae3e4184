import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "../../runnerFixture.ts";

const HEAP_MB = 16;
/** Each round leaves a signal with a megabyte: together they are many times the heap. */
const ROUNDS = 10 * HEAP_MB;

const CODE = `const long = new AbortController(); const told = []; let held;
const follow = () => AbortSignal.any([long.signal]);
const withMegabyte = () => { const signal = follow(); signal.load = new Uint8Array(1024 * 1024); return signal; };
/** What listens, in each way in which that can be, and is held by nobody. */
const listen = () => {
  follow().addEventListener("abort", ({ target }) => told.push("listener " + target.reason));
  follow().onabort = () => told.push("handler");
  const target = new EventTarget(); held = target;
  target.addEventListener("x", () => told.push("still there"), { signal: follow() });
  AbortSignal.any([follow(), new AbortController().signal]).addEventListener("abort", () => told.push("through another"));
};
const steps = {
  leave() { withMegabyte(); },
  listenOn() { const signal = withMegabyte(); const listener = () => {}; signal.addEventListener("abort", listener); signal.removeEventListener("abort", listener); signal.onabort = listener; signal.onabort = null; },
  abortOther() { const own = new AbortController(); const signal = AbortSignal.any([long.signal, own.signal]); signal.load = new Uint8Array(1024 * 1024); signal.addEventListener("abort", () => {}); own.abort(); },
  listen,
  abort() { long.abort("why"); held.dispatchEvent(new Event("x")); },
};
export default { fetch(request) { steps[new URL(request.url).searchParams.get("step")](); return Response.json(told); } };`;

describe("signals that follow one that lives long", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({
      signals: { code: CODE, routes: ["/signals"], limits: { heapMb: HEAP_MB }, isolation: "private" },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const step = async (name: string) => {
    const { status, body } = await runner.fetch(`/signals?step=${name}`);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("are not kept by it once nobody holds or hears them; those that are heard are told", async () => {
    await step("listen");
    for (const name of ["leave", "listenOn", "abortOther"]) {
      for (let round = 0; round < ROUNDS; round++) assert.deepEqual(await step(name), []);
    }
    assert.deepEqual(await step("abort"), ["listener why", "handler", "through another"]);
    assert.equal((await runner.metrics()).sum("edge_runner_isolate_exits_total", { function: "signals" }), 0);
  });
});
