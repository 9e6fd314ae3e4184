import assert from "node:assert/strict";
import { it } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Frame } from "../protocol/messages.ts";
import { until } from "../runnerFixture.ts";
import { TO_HOST } from "./isolatePort.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";
import { Worker } from "./worker.ts";

/** An isolate whose function starts at once. */
function fakeIsolate(): PlatformIsolate {
  const module = { instantiate: async () => {}, evaluate: async () => home.hear(TO_HOST.started, 0, 0, "", undefined) };
  const home = {
    hear: (..._said: unknown[]) => {},
    isolate: { compileModule: async () => module },
    configure: async () => {},
    dispose: () => {},
    heapBytes: 0,
    isDisposed: false,
  };
  return home as unknown as PlatformIsolate;
}

it("an isolate that is being tried is not taken for an idle one when room has to be made", async () => {
  const sent: { kind: string; id: number; meta: unknown }[] = [];
  let made = 0;
  const worker = new Worker({
    link: { send: (kind: string, id: number, meta: unknown) => sent.push({ kind, id, meta }), flush: () => {} },
    // The first, on trial, takes its time.
    platform: { newIsolate: () => (made++ === 0 ? new Promise(() => {}) : Promise.resolve(fakeIsolate())) },
    broker: { endSandbox: () => {} },
    isolates: { max: 2, idleMs: 60_000, spare: 0 },
    memoryBytes: Number.MAX_SAFE_INTEGER,
    retire: () => {},
  } as unknown as ConstructorParameters<typeof Worker>[0]);
  const hear = (kind: string, id: number, meta: unknown) =>
    worker.hear({ kind, id, meta, body: Buffer.alloc(0) } as unknown as Frame);
  const source = { name: "a", version: "1", entry: "index.mjs", limits: DEFAULT_LIMITS, env: {}, modules: [] };
  for (const key of [1, 2, 3]) hear("load", key, source);
  hear("probe", 1, { keep: false });
  for (const key of [2, 3]) {
    hear("probe", key, { keep: true });
    await until("it has started", () => sent.some(({ kind, id }) => kind === "probed" && id === key));
  }
  const ended = () => sent.filter(({ kind }) => kind === "isolateEnded").map(({ meta }) => meta);
  await until("room is made", () => ended().length > 0);
  assert.deepEqual(ended(), [{ key: 2, exit: "evicted" }]);
});
