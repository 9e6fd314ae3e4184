import type { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Link } from "../protocol/link.ts";
import type { Frame, RequestHead, ResponseHead, StartOutcome } from "../protocol/messages.ts";
import type { BrokerGrants } from "./brokerGrants.ts";
import type { Deployment } from "./deployment.ts";
import type { Metrics } from "./metrics.ts";
import { WorkerReports } from "./workerReports.ts";
import { isUsable, type Slot, WorkerSlots } from "./workerSlots.ts";

/** Workers that may die under one request before it is answered with an error. */
const LOSSES_MAX = 2;

export type Outcome =
  | { readonly kind: "answer"; readonly head: ResponseHead; readonly cpuMs: number; readonly body: Buffer }
  | { readonly kind: "failed"; readonly failure: Failure };

interface Call {
  readonly id: number;
  readonly deployment: Deployment;
  readonly head: RequestHead;
  readonly body: Buffer;
  readonly settle: (outcome: Outcome) => void;
  slot: Slot<Call> | undefined;
  begun: boolean;
  effect: boolean;
  losses: number;
  over: boolean;
}

interface PoolParts {
  readonly serving: number;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly grants: Pick<BrokerGrants, "grant" | "release" | "revokeSlot">;
  /** Finds a deployment by its key, for log lines and metrics. */
  readonly deploymentOf: (key: number) => Deployment | undefined;
}

/** The workers as the router sees them: sends requests, and sends them again when a worker dies. */
export class WorkerPool {
  readonly #parts: PoolParts;
  readonly #slots: WorkerSlots<Call>;
  readonly #probes = new Map<number, { readonly slot: Slot<Call>; settle(outcome: StartOutcome | undefined): void }>();
  readonly #reports: WorkerReports;
  #parked: Call[] = [];
  #attached: (() => void)[] = [];
  #lastId = 0;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    this.#slots = new WorkerSlots(parts.serving);
    this.#reports = new WorkerReports(parts);
  }

  get connected(): number {
    return this.#slots.connected;
  }

  /** Whether a slot has its process already; a second connection is refused. */
  isAttached(slot: number): boolean {
    return this.#slots.all[slot]?.link !== undefined;
  }

  attach(index: number, link: Link): void {
    const slot = this.#slots.all[index] as Slot<Call>;
    Object.assign(slot, { link, retiring: false, loaded: new Map() });
    this.#parts.metrics.set("edge_runner_workers", {}, this.connected);
    const parked = this.#parked;
    this.#parked = [];
    for (const call of parked) if (!call.over) this.#dispatch(call);
    const waiting = this.#attached;
    this.#attached = [];
    for (const wake of waiting) wake();
  }

  /** The worker is gone. What had not begun goes elsewhere, and so does what can be repeated; the rest is answered for. */
  detach(index: number): void {
    const slot = this.#slots.all[index] as Slot<Call>;
    slot.link = undefined;
    this.#parts.grants.revokeSlot(index);
    this.#slots.replace(slot);
    this.#parts.metrics.set("edge_runner_workers", {}, this.connected);
    for (const probe of [...this.#probes.values()]) if (probe.slot === slot) probe.settle(undefined);
    const calls = [...slot.calls.values()];
    slot.calls.clear();
    for (const call of calls) {
      const { method } = call.head;
      const repeatable = !call.begun || (!call.effect && (method === "GET" || method === "HEAD"));
      if (repeatable && ++call.losses <= LOSSES_MAX) {
        call.begun = false;
        this.#parts.metrics.of(call.deployment.manifest).add("edge_runner_replays_total", {});
        this.#dispatch(call);
      } else {
        this.#settle(call, { kind: "failed", failure: { code: "ERR_WORKER_LOST" } });
      }
    }
  }

  /** @returns a function that gives the request up. */
  run(request: Pick<Call, "deployment" | "head" | "body" | "settle">): () => void {
    this.#lastId = (this.#lastId % 0xffffffff) + 1;
    const call: Call = {
      ...request,
      id: this.#lastId,
      slot: undefined,
      begun: false,
      effect: false,
      losses: 0,
      over: false,
    };
    call.deployment.running++;
    this.#dispatch(call);
    return () => {
      if (call.over) return;
      call.slot?.link?.send("cancel", call.id, null);
      this.#finish(call);
    };
  }

  /**
   * Starts a function version in the worker that stands by, where it cannot harm a request.
   *
   * @returns undefined when there was no worker to try it in: no verdict on the function.
   */
  async probe(deployment: Deployment, withinMs: number): Promise<StartOutcome | undefined> {
    const giveUpAt = performance.now() + withinMs;
    for (let deaths = 0; deaths < LOSSES_MAX; ) {
      while (!isUsable(this.#slots.standby)) {
        if (performance.now() > giveUpAt) return undefined;
        await this.#nextAttachment(giveUpAt - performance.now());
      }
      const outcome = await this.#probeOnce(this.#slots.standby, deployment);
      if (outcome !== undefined) return outcome;
      deaths++;
    }
    return { ok: false, reason: "it took its process down while it started" };
  }

  /** Takes a version that nobody runs any more out of all workers. */
  unload(deployment: Deployment): void {
    this.#parts.metrics.retire(deployment.manifest);
    for (const slot of this.#slots.all) {
      if (!slot.loaded.delete(deployment.key)) continue;
      slot.link?.send("unload", deployment.key, null);
      this.#parts.grants.release(deployment.key, slot.index);
    }
  }

  hear(index: number, frame: Frame): void {
    const slot = this.#slots.all[index] as Slot<Call>;
    const call = slot.calls.get(frame.id);
    switch (frame.kind) {
      case "begun":
        if (call !== undefined) call.begun = true;
        return;
      case "effect":
        if (call !== undefined) call.effect = true;
        return;
      case "answer":
        if (call !== undefined) this.#settle(call, { kind: "answer", ...frame.meta, body: frame.body });
        return;
      case "failed":
        if (call !== undefined) this.#settle(call, { kind: "failed", failure: frame.meta });
        return;
      case "probed":
        this.#probes.get(frame.id)?.settle(frame.meta);
        return;
      case "retiring":
        slot.retiring = true;
        this.#slots.replace(slot);
        this.#parts.log("warn", "a worker runs code that cannot be stopped and is being replaced", {
          slot: index,
          ...frame.meta,
        });
        return;
      default:
        this.#reports.hear(index, frame);
    }
  }

  #dispatch(call: Call): void {
    const slot = this.#slots.choose(call.deployment);
    if (slot === undefined) {
      call.slot = undefined;
      this.#parked.push(call);
      return;
    }
    call.slot = slot;
    slot.calls.set(call.id, call);
    const { link } = slot;
    this.#load(slot, call.deployment).then(
      () => {
        if (slot.link !== link || !slot.calls.has(call.id)) return;
        link?.send("invoke", call.id, { key: call.deployment.key, head: call.head }, call.body);
      },
      (error: Error) => {
        this.#parts.log("error", "a function could not be read", {
          function: call.deployment.manifest.name,
          reason: error.message,
        });
        this.#settle(call, { kind: "failed", failure: { code: "ERR_FUNCTION_START" } });
      },
    );
  }

  #load(slot: Slot<Call>, deployment: Deployment): Promise<void> {
    const known = slot.loaded.get(deployment.key);
    if (known !== undefined) return known;
    const { link, loaded } = slot;
    const { key, manifest } = deployment;
    this.#parts.grants.grant(key, { slot: slot.index, function: manifest.name, allow: null });
    const loading = deployment.load().then(({ source, body }) => link?.send("load", key, source, body));
    // A read that failed is tried again by the next request.
    loading.catch(() => loaded.delete(key));
    loaded.set(key, loading);
    return loading;
  }

  async #probeOnce(slot: Slot<Call>, deployment: Deployment): Promise<StartOutcome | undefined> {
    const { link } = slot;
    try {
      await this.#load(slot, deployment);
    } catch (error) {
      return { ok: false, reason: (error as Error).message };
    }
    if (slot.link !== link) return undefined;
    return new Promise((resolve) => {
      this.#probes.set(deployment.key, {
        slot,
        settle: (outcome) => {
          this.#probes.delete(deployment.key);
          resolve(outcome);
        },
      });
      link?.send("probe", deployment.key, null);
    });
  }

  #nextAttachment(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, withinMs));
      this.#attached.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #settle(call: Call, outcome: Outcome): void {
    if (call.over) return;
    this.#finish(call);
    call.settle(outcome);
  }

  #finish(call: Call): void {
    call.over = true;
    call.slot?.calls.delete(call.id);
    this.#parked = this.#parked.filter((parked) => parked !== call);
    call.deployment.running--;
    if (call.deployment.retired && call.deployment.running === 0) this.unload(call.deployment);
  }
}
