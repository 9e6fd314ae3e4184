import assert from "node:assert/strict";
import { it } from "node:test";
import type { Failure } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { FunctionSource } from "../protocol/messages.ts";
import { FunctionRuntime } from "./functionRuntime.ts";
import { IsolateStart } from "./isolateStart.ts";
import { probeStart } from "./probe.ts";
import type { RuntimePort } from "./runtimePort.ts";
import type { Sandbox } from "./sandbox.ts";

const SOURCE = { name: "a", version: "1", limits: DEFAULT_LIMITS } as FunctionSource;
const HEAD = Buffer.from(JSON.stringify({ method: "GET", url: "/", headers: [], edge: { requestId: "r" } }));

/** A port whose isolates start as they are told. */
function portWith(start: () => Promise<void>) {
  const failures: Failure[] = [];
  const seen = { starts: 0, disposed: 0 };
  const port = {
    key: 1,
    newSandbox: () => {
      seen.starts++;
      return { start, dispose: () => seen.disposed++, cpuMs: () => 0, forget: () => {} } as unknown as Sandbox;
    },
    failed: (_call: number, failure: Failure) => failures.push(failure),
    log: () => {},
    ended: () => {},
    isolateStarted: () => {},
    isolateEnded: () => {},
    jobs: { newOwner: () => ({}) },
  } as unknown as RuntimePort;
  return { port, failures, seen };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A start that uses more CPU time than it may. */
function overStart(): Promise<void> {
  const start = new IsolateStart(DEFAULT_LIMITS);
  start.reported();
  start.lost("cpu", DEFAULT_LIMITS.startMs + 200);
  return start.end(Promise.resolve());
}

it("a request whose start broke a limit gets that limit's answer, and the next ones get it without a start for a while", async (t) => {
  const { port, failures, seen } = portWith(overStart);
  const runtime = new FunctionRuntime(SOURCE, port);
  let nowMs = 1_000;
  t.mock.method(performance, "now", () => nowMs);
  const ask = async (id: number) => {
    runtime.invoke(id, { key: 1, headBytes: HEAD.length }, HEAD);
    await settled();
  };
  await ask(1);
  await ask(2);
  const { startMs: value } = DEFAULT_LIMITS;
  const failure = { code: "ERR_LIMIT_START_MS", limit: "startMs", value, used: value + 200, retryAfterSeconds: 1 };
  assert.deepEqual(failures, [failure, failure]);
  assert.equal(seen.starts, 1);
  for (const waitMs of [250, 500, 1_000, 2_000]) {
    nowMs += waitMs - 1;
    const starts: number = seen.starts;
    await ask(3);
    assert.equal(seen.starts, starts);
    nowMs += 1;
    await ask(4);
    assert.equal(seen.starts, starts + 1);
  }
  assert.equal(failures.at(-1)?.retryAfterSeconds, 4);
});

it("a start that no request asked for ends, however long its isolate waits for a place", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { port, seen } = portWith(() => new Promise(() => {}));
  const failed = assert.rejects(probeStart(SOURCE, port), { name: "StartError", message: /had no place for it/ });
  t.mock.timers.tick(60_000);
  await failed;
  assert.equal(seen.disposed, 1);
});
