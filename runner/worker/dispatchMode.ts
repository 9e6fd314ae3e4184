/** CPU time of one entry up to which it harms nobody on the worker's own thread, ms. */
const CALM_MS = 4;
/** Entries that are remembered. */
const WINDOW = 100;
/** Entries that a function has to show before it counts as calm. */
const ENTRIES_MIN = 20;
const DOUBLINGS_MAX = 10;

/**
 * Whether a function's entries may run on the worker's own thread: fast, but whoever runs long there holds up everyone.
 * It is calm while 99 of 100 of its last entries took less than 4 ms, once it has shown 20; each offence doubles that number.
 */
export class DispatchMode {
  /** 1 for each slow one of the last entries. */
  readonly #slow = new Uint8Array(WINDOW);
  #slowCount = 0;
  #at = 0;
  #shown = 0;
  #offences = 0;

  get isCalm(): boolean {
    const needed = ENTRIES_MIN * 2 ** Math.min(this.#offences, DOUBLINGS_MAX);
    return this.#shown >= needed && this.#slowCount * 100 <= Math.min(this.#shown, WINDOW);
  }

  /** An entry is over; `cpuMs` is the CPU time that it took. */
  note(cpuMs: number): void {
    const slow = cpuMs < CALM_MS ? 0 : 1;
    this.#slowCount += slow - (this.#slow[this.#at] as number);
    this.#slow[this.#at] = slow;
    this.#at = (this.#at + 1) % WINDOW;
    this.#shown++;
  }

  /** An entry was stopped because it held the thread. */
  offend(): void {
    this.#offences++;
    this.#slow.fill(0);
    this.#slowCount = 0;
    this.#shown = 0;
  }
}
