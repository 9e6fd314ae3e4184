import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Failure } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { FunctionSource, LimitEvent, LogLine, RequestHead } from "../protocol/messages.ts";
import { FunctionRuntime } from "./functionRuntime.ts";
import { ANSWER_FLAGS, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import type { RuntimePort } from "./runtimePort.ts";
import type { Sandbox, SandboxEvents } from "./sandbox.ts";

const SOURCE = { name: "a", version: "1", limits: DEFAULT_LIMITS } as FunctionSource;
const HEAD = { method: "GET", url: "/", headers: [], edge: { requestId: "r" } } as unknown as RequestHead;
const ANSWER = JSON.stringify({ status: 200, headers: [] });
const CANCEL_NOW = [TO_ISOLATE.cancel, 1, 1];

/** A runtime with one request in an isolate that the test plays. */
async function running(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let events = {} as SandboxEvents;
  const entries: number[][] = [];
  const seen = { ended: 0, failures: [] as Failure[], limits: [] as LimitEvent[], lines: [] as LogLine[] };
  const sandbox = {
    start: async () => {},
    enter: (...[kind, call, id]: Parameters<Sandbox["enter"]>) => void entries.push([kind, call, id]),
    ...{ hold: () => {}, forget: () => {}, dispose: () => {}, cpuMs: () => 5, hasRun: () => true },
  } as unknown as Sandbox;
  const port = {
    key: 1,
    newSandbox: (given: SandboxEvents) => {
      events = given;
      return sandbox;
    },
    failed: (_: number, failure: Failure) => seen.failures.push(failure),
    limit: (event: LimitEvent) => seen.limits.push(event),
    log: (line: LogLine) => seen.lines.push(line),
    ended: () => seen.ended++,
    ...{ answer: () => {}, body: () => {}, begun: () => {}, isolateStarted: () => {}, isolateEnded: () => {} },
    enterAfterFlush: (enter: () => void) => enter(),
    jobs: { newOwner: () => ({ drop: () => {} }) },
    broker: { endCall: () => {}, endSandbox: () => {} },
  } as unknown as RuntimePort;
  const runtime = new FunctionRuntime(SOURCE, port);
  runtime.invoke(1, { key: 1, head: HEAD }, Buffer.alloc(0));
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(entries, [[TO_ISOLATE.invoke, 1, 0]]);
  const says = (kind: number, id = 0, text = "", body?: ArrayBuffer) => events.message(kind, 1, id, text, body);
  return { runtime, seen, entries, says, lost: (usedMs: number) => events.lost("cpu", 1, usedMs) };
}

test("what was given to waitUntil has 30 s after the answer, then it is ended and said", async (t) => {
  const { seen, entries, says } = await running(t);
  says(TO_HOST.answer, 0, ANSWER);
  t.mock.timers.tick(29_999);
  assert.deepEqual([seen.ended, seen.lines.length], [0, 0]);
  t.mock.timers.tick(1);
  assert.equal(seen.ended, 1);
  assert.deepEqual(entries.at(-1), CANCEL_NOW);
  assert.match(seen.lines[0]?.text ?? "", /waitUntil were dropped after 30000 ms/);
  says(TO_HOST.done);
  assert.equal(seen.ended, 1);
});

test("it has 30 s after its client has gone, and its end before that is the request's", async (t) => {
  const { runtime, seen, entries, says } = await running(t);
  runtime.cancel(1);
  assert.deepEqual(entries.at(-1), [TO_ISOLATE.cancel, 1, 0]);
  t.mock.timers.tick(29_999);
  says(TO_HOST.done);
  assert.equal(seen.ended, 1);
  t.mock.timers.tick(60_000);
  assert.deepEqual([seen.ended, seen.lines.length], [1, 0]);
});

test("limits that fire when the client has gone are counted: told by the isolate, at its end, by the loss of the isolate", async (t) => {
  const { runtime, seen, says, lost } = await running(t);
  runtime.cancel(1);
  says(TO_HOST.limit, 51, "subRequests");
  t.mock.timers.tick(30_000);
  assert.equal(seen.ended, 1);
  says(TO_HOST.limitFired, 1_001, "timers");
  lost(1_200);
  assert.deepEqual(
    seen.limits.map(({ limit, used }) => [limit, used]),
    [
      ["subRequests", 51],
      ["timers", 1_001],
      ["cpuMs", 1_200],
    ],
  );
  assert.deepEqual(seen.failures, []);
});

test("a stream that goes over its credit fails, and its request is ended at once", async (t) => {
  const { seen, entries, says } = await running(t);
  says(TO_HOST.answer, ANSWER_FLAGS.streams, ANSWER);
  says(TO_HOST.part, 0, "", new ArrayBuffer(WINDOW_BYTES));
  assert.deepEqual(seen.failures, []);
  says(TO_HOST.part, 0, "", new ArrayBuffer(1));
  assert.deepEqual(seen.failures, [{ code: "ERR_FUNCTION_RESPONSE", detail: "The stream went over its credit." }]);
  assert.equal(seen.ended, 1);
  assert.deepEqual(entries.at(-1), CANCEL_NOW);
});
