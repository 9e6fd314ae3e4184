import type { Failure } from "../../errors.ts";
import type { Log } from "../../log.ts";
import type { IsolateExit } from "../../protocol/messages.ts";
import type { Clock } from "../clock.ts";
import type { Deployment } from "../deployment.ts";
import type { Lane } from "../fairLanes.ts";
import type { Metrics } from "../metrics.ts";
import type { PrivateSlots } from "../privateSlots.ts";
import { shareBlame } from "./blame.ts";
import {
  afterAnswer,
  afterDeath,
  afterOffence,
  atTime,
  type Health,
  isProbationOver,
  lifted,
  promoted,
} from "./functionHealth.ts";
import type { FunctionStates } from "./functionStates.ts";

/** Ends of an isolate that are its function's own doing. */
const OFFENCES: ReadonlySet<IsolateExit> = new Set(["cpu", "heap", "start-failed"]);

export interface HealthsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly privates: PrivateSlots;
  readonly states: FunctionStates;
  /** Its requests belong to another lane now. */
  moved(deployment: Deployment): void;
}

/** Keeps each version's health, and what follows from it: lanes, private workers, refusals. */
export class FunctionHealths {
  readonly #parts: HealthsParts;

  constructor(parts: HealthsParts) {
    this.#parts = parts;
  }

  /** Where a request of the function waits for a place; undefined when it is refused. @param lost a worker died under the request. */
  laneOf(deployment: Deployment, lost: boolean): Lane | undefined {
    const { place, blame } = this.#now(deployment);
    switch (place) {
      case "shared":
        return lost ? suspectLane(blame) : "serving";
      case "probation":
        return lost || blame > 0 ? suspectLane(blame) : "probation";
      case "private": {
        const slot = this.#parts.privates.take(deployment);
        return slot === undefined ? "trial" : `private-${slot}`;
      }
      case "quarantined":
        return undefined;
    }
  }

  /** Why the function's requests are refused now; undefined when they are not. */
  refusal(deployment: Deployment): Failure | undefined {
    const disabled = this.#parts.states.disabledReason(deployment.manifest.name);
    if (disabled !== undefined) return { code: "ERR_FUNCTION_DISABLED", detail: `Reason: ${disabled}.` };
    const { place, reason, untilMs = 0 } = this.#now(deployment);
    if (place !== "quarantined") return undefined;
    const retryAfterSeconds = Math.max(1, Math.ceil((untilMs - this.#parts.clock.nowMs()) / 1_000));
    return { code: "ERR_FUNCTION_QUARANTINED", detail: `Reason: ${reason}.`, retryAfterSeconds };
  }

  /** @returns whether the function has shown in probation that it may go to the shared workers. */
  answered(deployment: Deployment): boolean {
    const { health } = deployment;
    if (health.place === "shared") return false;
    const nowMs = this.#parts.clock.nowMs();
    this.#take(deployment, afterAnswer(health, nowMs));
    return isProbationOver(deployment.health, nowMs);
  }

  isolateEnded(deployment: Deployment, exit: IsolateExit): void {
    if (OFFENCES.has(exit) && deployment.health.place !== "shared")
      this.#take(deployment, afterOffence(deployment.health));
  }

  /** The shared worker is ready for it. */
  promote(deployment: Deployment): void {
    if (deployment.health.place === "probation") this.#take(deployment, promoted(deployment.health));
  }

  /** A worker died, or said that it must. */
  judge(cause: string, suspects: readonly Deployment[]): void {
    const nowMs = this.#parts.clock.nowMs();
    for (const [deployment, weight] of shareBlame(cause, suspects)) {
      this.#take(deployment, afterDeath(deployment.health, { weight, cause, nowMs }));
    }
  }

  /** Somebody vouches for it: it begins anew on probation. */
  lift(deployment: Deployment): void {
    this.#take(deployment, lifted(deployment.health));
  }

  /** The version is gone from this node. */
  forget(deployment: Deployment): void {
    this.#parts.privates.giveBack(deployment);
    this.#parts.states.forget(deployment);
  }

  #now(deployment: Deployment): Health {
    const { health } = deployment;
    if (health.place === "quarantined") this.#take(deployment, atTime(health, this.#parts.clock.nowMs()));
    return deployment.health;
  }

  #take(deployment: Deployment, next: Health): void {
    const { place } = deployment.health;
    deployment.health = next;
    if (next.place === place) return;
    const { log, metrics, privates } = this.#parts;
    const { name, version } = deployment.manifest;
    const grave = next.place === "private" || next.place === "quarantined";
    log(grave ? "warn" : "info", `a function is ${WORDS[next.place]}`, {
      function: name,
      version,
      before: place,
      reason: next.reason,
    });
    metrics.of(deployment.manifest).add("edge_runner_function_moves_total", { to: next.place });
    if (place === "private") privates.giveBack(deployment);
    if (deployment.whenGone === undefined) this.#parts.states.note(deployment);
    this.#parts.moved(deployment);
  }
}

function suspectLane(blame: number): Lane {
  return blame > 0 ? "trial" : "repeat";
}

const WORDS = {
  shared: "in the shared workers",
  probation: "on probation",
  private: "in a private worker",
  quarantined: "quarantined",
} as const;
