import assert from "node:assert/strict";
import { it } from "node:test";
import { DEFAULT_LIMITS } from "../../limits.ts";
import { CpuWatch } from "../cpuWatch.ts";
import { HostWork } from "./hostWork.ts";
import { JobQueue } from "./jobQueue.ts";

const LIMITS = { ...DEFAULT_LIMITS, startMs: 100, cpuMs: 50 };
const OPEN = 1;
const OVER = 2;
const DIGEST = JSON.stringify({ op: "digest", hash: "SHA-256", sizes: [] });

/** Work of one isolate with one request that is open. */
function working() {
  let chargedMs = 0;
  const host = new HostWork({
    queue: new JobQueue(new CpuWatch()),
    limits: LIMITS,
    usedMs: (call) => (call === OPEN ? chargedMs : undefined),
    charge: (_, cpuMs) => {
      chargedMs += cpuMs;
    },
    done: () => {},
    failed: () => {},
  });
  return { host, charged: () => chargedMs };
}

it("work at the top level has as much CPU time as the start, and what comes on top is not done", () => {
  const { host, charged } = working();
  assert.deepEqual([host.pay(0, 60), host.pay(0, 40), host.pay(0, 1)], [undefined, undefined, 101]);
  assert.equal(typeof host.compute(0, DIGEST, new ArrayBuffer(64)), "number");
  assert.equal(charged(), 0);
});

it("a request pays before the work, up to its CPU time", () => {
  const { host, charged } = working();
  assert.deepEqual([host.pay(OPEN, 30), host.pay(OPEN, 30), host.pay(OPEN, 20)], [undefined, 60, undefined]);
  assert.equal(charged(), 50);
});

it("nothing is done in the name of a request that is over", () => {
  const { host, charged } = working();
  assert.equal(host.pay(OVER, 1), "the request is over");
  assert.equal(host.compute(OVER, DIGEST, new ArrayBuffer(64)), "the request is over");
  assert.equal(host.compute(OVER, "no work", new ArrayBuffer(0)), "the request is over");
  assert.equal(charged(), 0);
});
