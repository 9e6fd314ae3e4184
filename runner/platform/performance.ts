import { performanceNow, timeOriginMs } from "./clock.ts";
import { EventTarget } from "./events/eventTarget.ts";
import { defineInterface } from "./webidl.ts";

const MAKE = Symbol("Performance");

/** High Resolution Time's Performance: its clock, which stands still while code runs. */
export class Performance extends EventTarget {
  /** Marks the one object that is a Performance. */
  readonly #clock = performanceNow;

  constructor(make: unknown = undefined) {
    if (make !== MAKE) throw new TypeError("Illegal constructor");
    super();
  }
  now(): number {
    return this.#clock();
  }
  get timeOrigin(): number {
    this.#clock;
    return timeOriginMs();
  }
  toJSON(): { timeOrigin: number } {
    this.#clock;
    return { timeOrigin: timeOriginMs() };
  }
}

defineInterface(Performance, "Performance");

export const performance = new Performance(MAKE);
