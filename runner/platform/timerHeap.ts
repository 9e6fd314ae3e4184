/** A timer that waits in the isolate. */
export interface Timer {
  readonly id: number;
  readonly call: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  /** By the isolate's own clock, ms. */
  dueMs: number;
  cleared: boolean;
}

/** Cleared timers that are worth a walk through all. */
const CLEARED_MAX = 64;

/** The timers of one request, the next one first; those that are due at once in the order in which they were set. */
export class TimerHeap {
  #timers: Timer[] = [];
  #cleared = 0;

  /** The timer that is due first. */
  get first(): Timer | undefined {
    while (this.#timers[0]?.cleared) {
      this.#removeFirst();
      this.#cleared--;
    }
    return this.#timers[0];
  }

  /** Timers that have not been cleared. */
  get size(): number {
    return this.#timers.length - this.#cleared;
  }

  add(timer: Timer): void {
    const list = this.#timers;
    let at = list.length;
    list[at] = timer;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, list[parent] as Timer)) break;
      list[at] = list[parent] as Timer;
      at = parent;
    }
    list[at] = timer;
  }

  takeFirst(): Timer | undefined {
    const { first } = this;
    if (first !== undefined) this.#removeFirst();
    return first;
  }

  clear(timer: Timer): void {
    if (timer.cleared) return;
    timer.cleared = true;
    if (++this.#cleared <= CLEARED_MAX || this.#cleared * 2 < this.#timers.length) return;
    const kept = this.#timers;
    this.#timers = [];
    this.#cleared = 0;
    for (let index = 0; index < kept.length; index++) {
      const found = kept[index] as Timer;
      if (!found.cleared) this.add(found);
    }
  }

  #removeFirst(): void {
    const list = this.#timers;
    const last = list[list.length - 1] as Timer;
    list.length--;
    const { length } = list;
    if (length === 0) return;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && isBefore(list[child + 1] as Timer, list[child] as Timer)) child++;
      if (!isBefore(list[child] as Timer, last)) break;
      list[at] = list[child] as Timer;
      at = child;
    }
    list[at] = last;
  }
}

function isBefore(one: Timer, other: Timer): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.id < other.id);
}
