import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, residentMb, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { StreamClient } from "../../runner/streamClient.ts";
import { shortOrLong } from "./longRun.ts";

const MB = 1024 * 1024;
/** The largest body that a function may be granted. */
const BODY_BYTES = 100 * MB;
/** Bodies before processes have the size that they keep. */
const SETTLED_AFTER = 4;
/** Bodies after those, one after the other: 100 MB in short, 1 GB in full. */
const BODIES = shortOrLong(1, 10);
/** What a process may grow by, MB. */
const GROWTH_MB_MAX = 8;
/** Of one body under way: windows, and what sockets and streams hold between processes. */
const UNDER_WAY_BYTES_MAX = 4 * MB;
const SAMPLE_MS = 20;

const limits = {
  requestBodyBytes: BODY_BYTES,
  responseBodyBytes: BODY_BYTES,
  cpuMs: 30_000,
  bodyTotalMs: 600_000,
  bodyIdleMs: 300_000,
};

const FUNCTIONS = {
  /** 100 MB, and how much of them was asked for so far. */
  flood: {
    code: `const part = new Uint8Array(65_536); let pulled = 0;
    export default { fetch(request) {
      if (request.url.endsWith("?pulled")) return Response.json(pulled);
      let left = ${BODY_BYTES};
      return new Response(new ReadableStream({ pull(controller) {
        if (left === 0) return controller.close();
        left -= part.length; pulled += part.length;
        controller.enqueue(part);
      } }));
    } };`,
    routes: ["/flood"],
    limits,
  },
  count: {
    code: `export default { async fetch(request) {
      let bytes = 0;
      for await (const part of request.body) bytes += part.length;
      return Response.json(bytes);
    } };`,
    routes: ["/count"],
    limits,
  },
  /** Begins to read, and reads no further. */
  stalled: {
    code: `export default { async fetch(request) {
      await request.body.getReader().read();
      console.log("reads no further");
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    } };`,
    routes: ["/stalled"],
    limits: { ...limits, wallMs: 30_000 },
  },
};

describe("memory of bodies that stream", linuxOnly, () => {
  let runner: TestRunner;
  let pids: Readonly<Record<"router" | "worker", readonly number[]>>;

  before(async () => {
    runner = new TestRunner({ workers: 1, privateWorkers: 0 });
    await runner.start();
    await runner.deploy(FUNCTIONS);
    const supervisor = runner.process?.pid as number;
    pids = { router: runnerProcesses(supervisor, "router"), worker: runnerProcesses(supervisor, "worker") };
  });
  after(() => runner[Symbol.asyncDispose]());

  /** The largest process of each kind. */
  const residents = () => ({
    router: Math.max(...pids.router.map(residentMb)),
    worker: Math.max(...pids.worker.map(residentMb)),
  });

  /** How far the processes grew beyond what they were, while something goes on. */
  async function growth(run: () => Promise<void>): Promise<{ router: number; worker: number }> {
    const start = residents();
    const grown = { router: 0, worker: 0 };
    const sample = () => {
      const now = residents();
      for (const kind of ["router", "worker"] as const) grown[kind] = Math.max(grown[kind], now[kind] - start[kind]);
    };
    const timer = setInterval(sample, SAMPLE_MS);
    try {
      await run();
      sample();
    } finally {
      clearInterval(timer);
    }
    return grown;
  }

  async function download(): Promise<void> {
    const response = await new StreamClient(runner, "/flood").response;
    let bytes = 0;
    response.on("data", (part) => {
      bytes += part.length;
    });
    await once(response, "end");
    assert.equal(bytes, BODY_BYTES);
  }

  async function upload(): Promise<void> {
    const client = new StreamClient(runner, "/count", { method: "POST" });
    const part = Buffer.alloc(65_536);
    for (let sent = 0; sent < BODY_BYTES; sent += part.length) await client.send(part);
    const { body } = await client.end().read();
    assert.equal(Number(body), BODY_BYTES);
  }

  async function again(times: number, run: () => Promise<void>): Promise<void> {
    for (let time = 0; time < times; time++) await run();
  }

  const told = ({ router, worker }: { router: number; worker: number }) =>
    `${BODIES * 100} MB: router +${router.toFixed(1)} MB, worker +${worker.toFixed(1)} MB`;

  it("does not grow with what is sent to clients", async (t) => {
    await again(SETTLED_AFTER, download);
    const grown = await growth(() => again(BODIES, download));
    t.diagnostic(told(grown));
    assert.ok(grown.router <= GROWTH_MB_MAX && grown.worker <= GROWTH_MB_MAX, told(grown));
  });

  it("does not grow with what clients send", async (t) => {
    await again(SETTLED_AFTER, upload);
    const grown = await growth(() => again(BODIES, upload));
    t.diagnostic(told(grown));
    assert.ok(grown.router <= GROWTH_MB_MAX && grown.worker <= GROWTH_MB_MAX, told(grown));
  });

  it("asks a function for no more than what is under way, when its client takes nothing", async (t) => {
    const pulled = async () => Number((await runner.fetch("/flood?pulled")).body);
    const before = await pulled();
    const client = new StreamClient(runner, "/flood");
    const grown = await growth(async () => {
      const response = await client.response;
      response.pause();
      let last = -1;
      // Until nothing moves any more.
      await until("the stream stands still", async () => {
        const now = await pulled();
        const stands = now === last && now > before;
        last = now;
        await new Promise((resolve) => setTimeout(resolve, 200));
        return stands;
      });
      assert.ok(last - before <= UNDER_WAY_BYTES_MAX, `${last - before} bytes`);
    });
    client.leave();
    t.diagnostic(`stalled: router +${grown.router.toFixed(1)} MB, worker +${grown.worker.toFixed(1)} MB`);
    assert.ok(grown.router <= GROWTH_MB_MAX && grown.worker <= GROWTH_MB_MAX);
  });

  it("takes no more from a client than what is under way, when its function reads nothing", async () => {
    const client = new StreamClient(runner, "/stalled", { method: "POST" });
    client.request.on("error", () => {});
    const part = Buffer.alloc(65_536);
    let taken = 0;
    let isOver = false;
    const sending = (async () => {
      while (!isOver && taken < BODY_BYTES) {
        await client.send(part);
        taken += part.length;
      }
    })().catch(() => {});
    await until("the function has begun", () => runner.line("reads no further") !== undefined);
    let last = -1;
    await until("the upload stands still", async () => {
      const stands = taken === last;
      last = taken;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return stands;
    });
    isOver = true;
    client.leave();
    await sending;
    assert.ok(taken <= UNDER_WAY_BYTES_MAX, `${taken} bytes`);
  });
});
