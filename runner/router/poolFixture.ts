import type { Failure } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Frame, Kind, Messages } from "../protocol/messages.ts";
import type { FunctionManifest } from "../release/types.ts";
import type { Outcome } from "./call.ts";
import type { CompiledBytes } from "./code/cacheFiles.ts";
import type { Deployment } from "./deployment.ts";
import { FakeDeployment } from "./deploymentFixture.ts";
import { newHealth } from "./health/functionHealth.ts";
import { FunctionStates } from "./health/functionStates.ts";
import type { RememberedStates } from "./health/stateFile.ts";
import { Metrics } from "./metrics.ts";
import { VirtualClock } from "./virtualClock.ts";
import { WorkerPool } from "./workerPool.ts";

type Invoked = (worker: FakeWorker, id: number, key: number) => void;

/** A worker process as the router sees it: what it was sent, and what it says when a test wants it. */
export class FakeWorker {
  readonly slot: number;
  readonly #pool: WorkerPool;
  readonly loaded = new Set<number>();
  /** Requests by id: whether they have begun. */
  readonly calls = new Map<number, { readonly key: number; begun: boolean }>();
  readonly lingering = new Map<number, number>();
  readonly starts: number[] = [];
  alive = true;
  retiring = false;
  /** Called with every request that comes. */
  readonly #faults: string[];
  readonly #invoked: Invoked;
  readonly #closed: (worker: FakeWorker) => void;

  constructor(parts: {
    pool: WorkerPool;
    slot: number;
    faults: string[];
    invoked: Invoked;
    closed: (worker: FakeWorker) => void;
  }) {
    this.#pool = parts.pool;
    this.slot = parts.slot;
    this.#faults = parts.faults;
    this.#invoked = parts.invoked;
    this.#closed = parts.closed;
  }

  give<K extends Kind>(kind: K, id: number, meta: Messages[K]): void {
    this.send(kind, id, meta);
  }
  send<K extends Kind>(kind: K, id: number, meta: Messages[K]): void {
    this.#expect(this.alive || kind === "unload" || kind === "cancel", `a ${kind} was sent to a dead worker`);
    switch (kind) {
      case "load":
        this.loaded.add(id);
        return;
      case "unload":
        this.loaded.delete(id);
        return;
      case "probe":
        this.#expect(this.loaded.has(id), `a start of ${id}, which the worker does not have`);
        this.starts.push(id);
        return;
      case "cancel": {
        const call = this.calls.get(id);
        this.calls.delete(id);
        if (call?.begun === true) this.lingering.set(id, call.key);
        return;
      }
      case "invoke": {
        const { key } = meta as Messages["invoke"];
        this.#expect(!this.retiring, "a request was sent to a worker that retires");
        this.#expect(this.loaded.has(key), `a request for ${key}, which the worker does not have`);
        this.#expect(!this.calls.has(id), "a request was sent twice");
        this.calls.set(id, { key, begun: false });
        this.#invoked(this, id, key);
      }
    }
  }

  /** The router wants no more of it. The end is heard later, as over a socket. */
  close(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#closed(this);
  }

  begin(id: number): void {
    (this.calls.get(id) as { begun: boolean }).begun = true;
    this.#say("begun", 0, [id]);
  }

  effect(id: number): void {
    this.#say("effect", id, null);
  }

  /**
   * @param lingers whether work of it goes on; {@link over} ends that.
   * @param onItsWay called after the worker has sent the answer, before the router hears it.
   */
  answer(id: number, lingers = false, onItsWay = () => {}): void {
    if (this.calls.get(id)?.begun === false) this.begin(id);
    const { key } = this.calls.get(id) as { key: number };
    const cost = { key, cpuMs: 1, cold: false };
    this.calls.delete(id);
    if (lingers) this.lingering.set(id, key);
    onItsWay();
    this.#say("answer", id, { head: { status: 200, headers: [] }, ...(!lingers && { cost }) });
  }

  fail(id: number, failure: Failure): void {
    this.#say("failed", id, failure);
  }

  over(id: number): void {
    const key = this.lingering.get(id) as number;
    this.lingering.delete(id);
    this.#say("over", id, { key, cpuMs: 1, cold: false });
  }

  started(key: number): void {
    this.#say("probed", key, { ok: true });
  }

  startFailed(key: number): void {
    this.#say("isolateEnded", 0, { key, exit: "start-failed" });
  }

  retire(key: number): void {
    this.retiring = true;
    this.#say("retiring", 0, { key, reason: "test" });
  }

  #expect(good: boolean, fault: string): void {
    if (!good) this.#faults.push(fault);
  }

  #say<K extends Kind>(kind: K, id: number, meta: Messages[K]): void {
    this.#pool.hear(this.slot, { kind, id, meta, body: Buffer.alloc(0) } as unknown as Frame);
  }
}

/** A request and what became of it. */
export interface TestRequest {
  readonly method: string;
  readonly deployment: Deployment;
  readonly outcomes: Outcome[];
  cancel: () => void;
  isCancelled: boolean;
}

/** A pool whose workers are fakes, in time that stands still. */
export class TestPool {
  readonly clock = new VirtualClock();
  readonly pool: WorkerPool;
  readonly workers = new Map<number, FakeWorker>();
  /** Private slots that shall have a process. */
  readonly wanted = new Set<number>();
  readonly grants = new Set<string>();
  /** What workers were sent that they must not be sent. */
  readonly faults: string[] = [];
  readonly deployments = new Map<number, Deployment>();
  /** Functions and limits of failures that came when their clients had gone. */
  readonly unheard: string[] = [];
  /** What was written to remember. */
  remembered: RememberedStates = { disabled: {}, apart: {} };
  readonly states: FunctionStates;
  readonly metrics = new Metrics("test");
  readonly serving: number;
  /** Of the versions that are deployed from now on. */
  moduleBytes = 0;
  /** The compiled form of every module. */
  compiled: CompiledBytes | undefined;
  #lastKey = 0;
  invoked: Invoked = () => {};

  constructor({ serving = 2, privates = 1 } = {}) {
    this.serving = serving;
    const file = {
      read: () => this.remembered,
      write: async (states: RememberedStates) => {
        this.remembered = states;
      },
    };
    this.states = new FunctionStates({ file, clock: this.clock, wallMs: () => 1e12 + this.clock.nowMs() });
    this.pool = new WorkerPool({
      serving,
      privates,
      code: { compiled: async () => this.compiled },
      processes: {
        startPrivate: (slot) => void this.wanted.add(slot),
        stopPrivate: (slot) => void this.wanted.delete(slot),
      },
      clock: this.clock,
      states: this.states,
      metrics: this.metrics,
      log: () => {},
      reports: {
        hear: () => {},
        failedUnheard: ({ manifest }, { limit = "none" }) => void this.unheard.push(`${manifest.name} ${limit}`),
      },
      grants: {
        grant: (key, { slot }) => void this.grants.add(`${slot} ${key}`),
        release: (key, slot) => void this.grants.delete(`${slot} ${key}`),
        revokeSlot: (slot) => {
          for (const grant of this.grants) if (grant.startsWith(`${slot} `)) this.grants.delete(grant);
        },
      },
      deploymentOf: (key) => this.deployments.get(key),
    });
    for (let slot = 0; slot <= serving; slot++) this.comeUp(slot);
  }

  deploy(name: string, { concurrency = 3, place = "shared" as "shared" | "probation" } = {}): Deployment {
    const limits = { ...DEFAULT_LIMITS, concurrency };
    const key = ++this.#lastKey;
    const manifest = {
      name,
      version: `v${key}`,
      entry: "index.mjs",
      limits,
      modules: [],
      env: {},
      egress: { allow: null },
    };
    const deployment = new FakeDeployment(key, manifest as unknown as FunctionManifest, this);
    deployment.health = newHealth(place, false);
    this.deployments.set(key, deployment);
    return deployment;
  }

  retire(deployment: Deployment): void {
    this.pool.retire(deployment, () => void this.deployments.delete(deployment.key));
  }

  request(deployment: Deployment, method = "GET"): TestRequest {
    const request: TestRequest = { method, deployment, outcomes: [], cancel: () => {}, isCancelled: false };
    const run = this.pool.run({
      deployment,
      head: { method, url: "http://x/", headers: [], edge: {} as never },
      body: Buffer.alloc(0),
      arrivedMs: this.clock.nowMs(),
      streams: false,
      family: { functionCalls: 0 },
      caller: { settle: (outcome) => void request.outcomes.push(outcome), begun: () => {}, hearBody: () => {} },
    });
    if ("cancel" in run) request.cancel = run.cancel;
    else request.outcomes.push({ kind: "failed", failure: run });
    return request;
  }

  comeUp(slot: number): FakeWorker {
    const worker = new FakeWorker({
      pool: this.pool,
      slot,
      faults: this.faults,
      invoked: (by, id, key) => this.invoked(by, id, key),
      closed: () => {
        this.workers.delete(slot);
        this.clock.after(1, () => this.pool.detach(slot));
      },
    });
    this.workers.set(slot, worker);
    this.pool.attach(slot, worker);
    return worker;
  }

  /** The worker's process ends; its supervisor says why. */
  die(slot: number, cause = "crash"): void {
    const worker = this.workers.get(slot);
    if (worker === undefined) return;
    this.workers.delete(slot);
    worker.alive = false;
    this.pool.detach(slot);
    this.pool.died(slot, cause);
  }
}

/** Lets promises that are settled be heard. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
