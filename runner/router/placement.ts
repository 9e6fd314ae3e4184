import type { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import { SecretError } from "../secretFiles.ts";
import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { Deployment } from "./deployment.ts";
import { FairLanes, type Lane } from "./fairLanes.ts";
import type { FunctionHealths } from "./health/functionHealths.ts";
import type { Metrics } from "./metrics.ts";
import type { TakeOver } from "./takeOver.ts";
import { hasRoom, isUsable, type Slot, type WorkerSlots } from "./workerSlots.ts";

/** Requests in the worker that stands by above which new versions go to their own workers early: a hot one must not wait. */
const PROBATION_CALLS_MAX = 128;
/** Versions that are on probation in it at a time; it keeps about as many isolates. */
const PROBATION_VERSIONS_MAX = 50;
/** How long a request that a worker lost waits for one that stands by, ms: by then its function has the blame, or has none. */
const REPEAT_ELSEWHERE_MS = 500;

interface PlacementParts {
  readonly slots: WorkerSlots;
  readonly healths: FunctionHealths;
  readonly takeOver: TakeOver;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  failed(call: Call, failure: Failure): void;
}

/** Finds each admitted request a place in a worker, now or in turn, and sends it there. */
export class Placement {
  readonly #parts: PlacementParts;
  readonly #lanes = new FairLanes<Call>();
  readonly #onProbation = new Set<Deployment>();

  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  place(call: Call): void {
    const lane = this.#parts.healths.laneOf(call.deployment, call.losses > 0);
    if (lane === undefined) return void this.refuse(call);
    const slot = this.#lanes.isEmpty(lane) ? this.#slotIn(lane, call) : undefined;
    if (slot !== undefined) return void this.#dispatch(call, slot);
    this.#lanes.add(lane, call);
    if (lane === "repeat") this.#parts.clock.after(REPEAT_ELSEWHERE_MS, () => this.#pump(lane));
    this.#pump(lane);
  }

  /** A place may be free. */
  pump(): void {
    if (this.#lanes.size === 0) return;
    for (const lane of this.#lanes.names) this.#pump(lane);
  }

  /** Answers for a request that goes nowhere while its function is refused. */
  refuse(call: Call): void {
    const { healths, failed } = this.#parts;
    failed(call, healths.refusal(call.deployment) ?? { code: "ERR_WORKER_LOST" });
  }

  remove(call: Call): void {
    this.#lanes.remove(call);
  }

  /** The version goes elsewhere, or away. @returns its waiting requests. */
  forget(deployment: Deployment): Call[] {
    this.#onProbation.delete(deployment);
    return this.#lanes.takeAllOf(deployment);
  }

  #pump(lane: Lane): void {
    for (let call = this.#lanes.peek(lane); call !== undefined; call = this.#lanes.peek(lane)) {
      const slot = this.#slotIn(lane, call);
      if (slot === undefined) return;
      this.#lanes.take(lane);
      this.#dispatch(call, slot);
    }
  }

  #dispatch(call: Call, slot: Slot): void {
    const { slots, takeOver, log, failed } = this.#parts;
    const { loads } = slot;
    call.stage = "placed";
    call.slot = slot;
    slot.calls.set(call.id, call);
    if (call.losses > 0 && slot === slots.standby) takeOver.repeats(call);
    const loading = loads?.ensure(call.deployment);
    if (loading === undefined) return void this.#send(call, slot);
    const isHere = () => slot.loads === loads && call.slot === slot && call.stage === "placed";
    loading.then(
      () => {
        if (!isHere()) return;
        if (call.deployment.health.place === "quarantined") this.refuse(call);
        else this.#send(call, slot);
      },
      (error: Error) => {
        if (!isHere()) return;
        const { name, version } = call.deployment.manifest;
        log("error", "a function could not be read", { function: name, version, reason: error.message });
        failed(call, { code: error instanceof SecretError ? "ERR_SECRET_UNAVAILABLE" : "ERR_FUNCTION_START" });
      },
    );
  }

  #send(call: Call, slot: Slot): void {
    const { body, deployment, head, losses, streams } = call;
    const { clock, metrics } = this.#parts;
    call.sent = true;
    if (losses === 0) metrics.of(deployment.manifest).queued(clock.nowMs() - call.arrivedMs);
    const headText = Buffer.from(JSON.stringify(head));
    const bytes = body.length === 0 ? headText : Buffer.concat([headText, body]);
    const meta = { key: deployment.key, headBytes: headText.length };
    slot.link?.send("invoke", call.id, streams ? { ...meta, streams } : meta, bytes);
  }

  #slotIn(lane: Lane, call: Call): Slot | undefined {
    const { slots } = this.#parts;
    const { standby } = slots;
    switch (lane) {
      case "serving":
        return slots.choose(call.deployment);
      case "trial":
        return hasRoom(standby) ? standby : undefined;
      case "repeat": {
        if (isUsable(standby)) return hasRoom(standby) ? standby : undefined;
        const waitedMs = this.#parts.clock.nowMs() - call.lostAtMs;
        return waitedMs < REPEAT_ELSEWHERE_MS ? undefined : slots.choose(call.deployment);
      }
      case "probation":
        // A precaution, no verdict: it does not make a healthy version wait.
        return this.#takesOnProbation(standby, call.deployment) ? standby : slots.choose(call.deployment);
      default: {
        const slot = slots.all[Number(lane.slice("private-".length))] as Slot;
        return hasRoom(slot) ? slot : undefined;
      }
    }
  }

  #takesOnProbation(standby: Slot, deployment: Deployment): boolean {
    if (!isUsable(standby) || standby.calls.size >= PROBATION_CALLS_MAX) return false;
    const known = this.#onProbation.has(deployment);
    if (!known && this.#onProbation.size >= PROBATION_VERSIONS_MAX) return false;
    this.#onProbation.add(deployment);
    return true;
  }
}
