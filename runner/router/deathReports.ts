import type { Clock } from "./clock.ts";
import type { Deployment } from "./deployment.ts";

/** How long the worker's link and its supervisor may lie apart in telling of one death, ms. */
const REPORT_WITHIN_MS = 1_000;

interface Open {
  /** Who was there when the link closed. */
  readonly suspects: readonly Deployment[] | undefined;
  readonly cause: string | undefined;
  readonly cancel: () => void;
}

/** Brings together what the link's end tells of a worker's death (who was there) and what its supervisor tells (why). */
export class DeathReports {
  readonly #clock: Clock;
  readonly #judge: (cause: string, suspects: readonly Deployment[]) => void;
  readonly #open = new Map<number, Open>();

  constructor(clock: Clock, judge: (cause: string, suspects: readonly Deployment[]) => void) {
    this.#clock = clock;
    this.#judge = judge;
  }

  lost(slot: number, suspects: readonly Deployment[]): void {
    const open = this.#close(slot);
    if (open?.cause !== undefined) this.#judge(open.cause, suspects);
    else this.#wait(slot, { suspects, cause: undefined });
  }

  reported(slot: number, cause: string): void {
    const open = this.#close(slot);
    if (open?.suspects !== undefined) this.#judge(cause, open.suspects);
    else this.#wait(slot, { suspects: undefined, cause });
  }

  #wait(slot: number, half: Omit<Open, "cancel">): void {
    const cancel = this.#clock.after(REPORT_WITHIN_MS, () => {
      this.#open.delete(slot);
      if (half.suspects !== undefined) this.#judge("unknown", half.suspects);
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
