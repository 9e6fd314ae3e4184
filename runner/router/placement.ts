import type { Call } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import { FairLanes, type Lane } from "./fairLanes.ts";
import type { FunctionHealths } from "./health/functionHealths.ts";
import { hasRoom, isUsable, type Slot, type WorkerSlots } from "./workerSlots.ts";

/** Requests in the worker that stands by above which new versions go to their own workers early: a hot one must not wait. */
const PROBATION_CALLS_MAX = 128;

interface PlacementParts {
  readonly slots: WorkerSlots;
  readonly healths: FunctionHealths;
  dispatch(call: Call, slot: Slot): void;
  refuse(call: Call): void;
}

/** Finds each admitted request a place in a worker, now or in turn. */
export class Placement {
  readonly #parts: PlacementParts;
  readonly #lanes = new FairLanes<Call>();

  constructor(parts: PlacementParts) {
    this.#parts = parts;
  }

  place(call: Call): void {
    const lane = this.#parts.healths.laneOf(call.deployment, call.losses > 0);
    if (lane === undefined) return void this.#parts.refuse(call);
    const slot = this.#lanes.isEmpty(lane) ? this.#slotIn(lane, call) : undefined;
    if (slot !== undefined) return void this.#parts.dispatch(call, slot);
    this.#lanes.add(lane, call);
    this.#pump(lane);
  }

  /** A place may be free. */
  pump(): void {
    if (this.#lanes.size === 0) return;
    for (const lane of this.#lanes.names) this.#pump(lane);
  }

  remove(call: Call): void {
    this.#lanes.remove(call);
  }

  takeAllOf(deployment: Deployment): Call[] {
    return this.#lanes.takeAllOf(deployment);
  }

  #pump(lane: Lane): void {
    for (let call = this.#lanes.peek(lane); call !== undefined; call = this.#lanes.peek(lane)) {
      const slot = this.#slotIn(lane, call);
      if (slot === undefined) return;
      this.#lanes.take(lane);
      this.#parts.dispatch(call, slot);
    }
  }

  #slotIn(lane: Lane, call: Call): Slot | undefined {
    const { slots } = this.#parts;
    const { standby } = slots;
    switch (lane) {
      case "serving":
        return slots.choose(call.deployment);
      case "trial":
        return hasRoom(standby) ? standby : undefined;
      case "probation": {
        // A precaution, no verdict: it does not make a healthy version wait.
        const full = !isUsable(standby) || standby.calls.size >= PROBATION_CALLS_MAX;
        return full ? slots.choose(call.deployment) : standby;
      }
      default: {
        const slot = slots.all[Number(lane.slice("private-".length))] as Slot;
        return hasRoom(slot) ? slot : undefined;
      }
    }
  }
}
