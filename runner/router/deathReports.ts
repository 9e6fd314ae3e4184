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

interface Open {
  readonly loss: Loss | undefined;
  readonly cause: string | undefined;
  readonly cancel: () => void;
}

/** Brings together what the link's end tells of a worker's death (who was there) and what its supervisor tells (why). */
export class DeathReports {
  readonly #clock: Clock;
  readonly #judge: (cause: string, loss: Loss) => void;
  readonly #open = new Map<number, Open>();

  constructor(clock: Clock, judge: (cause: string, loss: Loss) => void) {
    this.#clock = clock;
    this.#judge = judge;
  }

  lost(slot: number, loss: Loss): void {
    const open = this.#close(slot);
    if (open?.cause !== undefined) this.#judge(open.cause, loss);
    else this.#wait(slot, { loss, cause: undefined });
  }

  reported(slot: number, cause: string): void {
    const open = this.#close(slot);
    if (open?.loss !== undefined) this.#judge(cause, open.loss);
    else this.#wait(slot, { loss: undefined, cause });
  }

  #wait(slot: number, half: Omit<Open, "cancel">): void {
    const cancel = this.#clock.after(REPORT_WITHIN_MS, () => {
      this.#open.delete(slot);
      if (half.loss !== undefined) this.#judge("unknown", half.loss);
    });
    this.#open.set(slot, { ...half, cancel });
  }

  #close(slot: number): Open | undefined {
    const open = this.#open.get(slot);
    open?.cancel();
    this.#open.delete(slot);
    return open;
  }
}
