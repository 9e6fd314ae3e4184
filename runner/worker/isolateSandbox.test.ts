import assert from "node:assert/strict";
import { it } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { CpuWatch } from "./cpuWatch.ts";
import { DispatchMode } from "./dispatchMode.ts";
import { HoldUps } from "./holdUps.ts";
import { TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { IsolateSandbox } from "./isolateSandbox.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";
import { Turn } from "./turn.ts";

/** An isolate whose entries end when `stopped` does, and do not hear a termination before. */
function fakeIsolate(stopped: Promise<void>): PlatformIsolate {
  const module = { instantiate: async () => {}, evaluate: async () => home.hear(TO_HOST.started, 0, 0, "", undefined) };
  const home = {
    hear: (..._said: unknown[]) => {},
    isolate: { compileModule: async () => module },
    configure: async () => {},
    enterLater: () => stopped,
    dispose: () => {},
    heapBytes: 0,
    isDisposed: false,
  };
  return home as unknown as PlatformIsolate;
}

it("what a terminated isolate goes on using is not charged to others", async () => {
  const clocks = { wall: 0, cpu: 0 };
  const passes = (ms: number, cpuMs = ms) => {
    clocks.wall += ms;
    clocks.cpu += cpuMs;
  };
  const watch = new CpuWatch({ wallMs: () => clocks.wall, cpuMs: () => clocks.cpu });
  const stopped = Promise.withResolvers<void>();
  const sandbox = new IsolateSandbox({
    source: {
      name: "a",
      version: "1",
      entry: "index.mjs",
      limits: DEFAULT_LIMITS,
      env: {},
      bindings: {},
      isScheduled: false,
      passThrough: null,
      modules: [],
    },
    modules: { code: new Map([["index.mjs", ""]]), imported: [] },
    compiled: { form: undefined, taken: () => {} },
    host: { watch, turn: new Turn(() => {}), holdUps: new HoldUps() },
    mode: new DispatchMode(),
    events: {
      message: () => {},
      lost: () => {},
      overCpu: () => {},
      host: { compute: () => 0, pay: () => 0 },
      stuck: () => {},
    },
    takeIsolate: async () => fakeIsolate(stopped.promise),
    released: () => {},
  });
  await sandbox.start();
  sandbox.enter(TO_ISOLATE.invoke, 1, 0, "{}");
  passes(10);
  assert.equal(sandbox.cpuMs(1), 10);
  sandbox.dispose();
  const innocent = {
    usedMs: 0,
    accrue: (cpuMs: number) => {
      innocent.usedMs += cpuMs;
    },
    poll: () => {},
  };
  watch.add(innocent);
  passes(10);
  watch.look();
  assert.equal(innocent.usedMs, 5);
  stopped.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  passes(10);
  watch.remove(innocent);
  assert.equal(innocent.usedMs, 15);
});
