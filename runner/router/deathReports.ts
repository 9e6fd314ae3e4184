import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import type { Deployment } from "./deployment.ts";

/** How long the worker's link and its supervisor may lie apart in telling of one death, ms. */
const REPORT_WITHIN_MS = 1_000;

/** What the router saw when a worker's link closed. */
export interface Loss {
  /** Functions whose code may have run. */
  readonly suspects: readonly Deployment[];
  /** Requests that ran. */
  readonly calls: Iterable<Call>;
}

interface Half<Told> {
  readonly slot: number;
  readonly told: Told;
  readonly cancel: () => void;
}

/**
 * Brings together what the link's end tells of a worker's death (who was there) and what its supervisor tells (why). Both tell of
 * the deaths in one slot in their order.
 */
export class DeathReports {
  readonly #clock: Clock;
  readonly #judge: (cause: string, loss: Loss) => void;
  /** Halves that wait for the other one, oldest first. */
  readonly #losses = new Set<Half<Loss>>();
  readonly #causes = new Set<Half<string>>();

  constructor(clock: Clock, judge: (cause: string, loss: Loss) => void) {
    this.#clock = clock;
    this.#judge = judge;
  }

  lost(slot: number, loss: Loss): void {
    const cause = takeFirst(this.#causes, slot);
    if (cause !== undefined) this.#judge(cause, loss);
    else this.#wait(this.#losses, { slot, told: loss }, () => this.#judge("unknown", loss));
  }

  reported(slot: number, cause: string): void {
    const loss = takeFirst(this.#losses, slot);
    if (loss !== undefined) this.#judge(cause, loss);
    else this.#wait(this.#causes, { slot, told: cause });
  }

  #wait<Told>(halves: Set<Half<Told>>, half: Omit<Half<Told>, "cancel">, alone = () => {}): void {
    const cancel = this.#clock.after(REPORT_WITHIN_MS, () => {
      halves.delete(waiting);
      alone();
    });
    const waiting = { ...half, cancel };
    halves.add(waiting);
  }
}

function takeFirst<Told>(halves: Set<Half<Told>>, slot: number): Told | undefined {
  for (const half of halves) {
    if (half.slot !== slot) continue;
    half.cancel();
    halves.delete(half);
    return half.told;
  }
  return undefined;
}
