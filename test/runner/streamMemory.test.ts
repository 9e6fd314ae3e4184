import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, residentMb, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { StreamClient } from "../../runner/streamClient.ts";
import { shortOrLong } from "./longRun.ts";

const MB = 1024 * 1024;
/** Of one body: in full it is the largest that a function may be granted. */
const BODY_BYTES = shortOrLong(100, 1_024) * MB;
/** Bodies of 100 MB before processes have the size that they keep. */
const SETTLED_AFTER = 4;
const SETTLING_BYTES = 100 * MB;
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

/** As many bytes as are asked for, and how much was pulled of them so far. */
const FLOOD = `const part = new Uint8Array(65_536); let pulled = 0;
    export default { fetch(request) {
      const { search } = new URL(request.url);
      if (search === "?pulled") return Response.json(pulled);
      let left = Number(search.slice(1));
      return new Response(new ReadableStream({ pull(controller) {
        if (left === 0) return controller.close();
        left -= part.length; pulled += part.length;
        controller.enqueue(part);
      } }));
    } };`;

const FUNCTIONS = {
  flood: { code: FLOOD, routes: ["/flood"], limits },
  untaken: { code: FLOOD, routes: ["/untaken"], limits },
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

  async function download(size: number): Promise<void> {
    const response = await new StreamClient(runner, `/flood?${size}`).response;
    let bytes = 0;
    response.on("data", (part) => {
      bytes += part.length;
    });
    await once(response, "end");
    assert.equal(bytes, size);
  }

  async function upload(size: number): Promise<void> {
    const client = new StreamClient(runner, "/count", { method: "POST" });
    const part = Buffer.alloc(65_536);
    for (let sent = 0; sent < size; sent += part.length) await client.send(part);
    const { body } = await client.end().read();
    assert.equal(Number(body), size);
  }

  /** Growth by one body after the processes have settled. */
  async function growthBy(run: (bytes: number) => Promise<void>): Promise<{ router: number; worker: number }> {
    for (let time = 0; time < SETTLED_AFTER; time++) await run(SETTLING_BYTES);
    return growth(() => run(BODY_BYTES));
  }

  const told = ({ router, worker }: { router: number; worker: number }) =>
    `${BODY_BYTES / MB} MB: router +${router.toFixed(1)} MB, worker +${worker.toFixed(1)} MB`;

  it("does not grow with what is sent to clients", async (t) => {
    const grown = await growthBy(download);
    t.diagnostic(told(grown));
    assert.ok(grown.router <= GROWTH_MB_MAX && grown.worker <= GROWTH_MB_MAX, told(grown));
  });

  it("does not grow with what clients send", async (t) => {
    const grown = await growthBy(upload);
    t.diagnostic(told(grown));
    assert.ok(grown.router <= GROWTH_MB_MAX && grown.worker <= GROWTH_MB_MAX, told(grown));
  });

  it("asks a function for no more than what is under way, when its client takes nothing", async (t) => {
    const pulled = async () => Number((await runner.fetch("/untaken?pulled")).body);
    const before = await pulled();
    const client = new StreamClient(runner, `/untaken?${BODY_BYTES}`);
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
