import { otherThreadsCpuMs } from "./cpuClock.ts";

/** How often running isolates are looked at, ms: half of the smallest CPU limit. */
const POLL_MS = 5;

interface Watched {
  /** Its entry has had so much CPU time since it was last told, ms. */
  accrue(cpuMs: number): void;
  poll(): void;
}

interface CpuClocks {
  wallMs(): number;
  /** CPU time of all other threads together. */
  cpuMs(): number;
}

const CLOCKS: CpuClocks = { wallMs: () => performance.now(), cpuMs: otherThreadsCpuMs };

/**
 * Looks at the isolates that run something on other threads, and counts their CPU time: what other threads have had together is
 * shared among all that ran meanwhile, none getting more than the clock. All stand behind the main thread alike, so that equal
 * shares are what the kernel gives. Costs nothing while none runs.
 */
export class CpuWatch {
  readonly #clocks: CpuClocks;
  readonly #watched = new Set<Watched>();
  /** Work on other threads that no entry is charged for. */
  #unwatched = 0;
  #timer: NodeJS.Timeout | undefined;
  #wallMs = 0;
  #cpuMs = 0;

  constructor(clocks: CpuClocks = CLOCKS) {
    this.#clocks = clocks;
  }

  add(watched: Watched): void {
    this.look();
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => {
      this.look();
      for (const entry of this.#watched) entry.poll();
    }, POLL_MS);
  }

  remove(watched: Watched): void {
    if (!this.#watched.has(watched)) return;
    this.look();
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Takes a share for work that is nobody's entry, or is paid for otherwise, until it is over. @returns the work itself */
  async alsoRuns<T>(work: Promise<T>): Promise<T> {
    this.look();
    this.#unwatched++;
    try {
      return await work;
    } finally {
      this.look();
      this.#unwatched--;
    }
  }

  /** Brings the figures up to now. */
  look(): void {
    const wallMs = this.#clocks.wallMs();
    // A difference of two figures that are not read at once may go back a little.
    const cpuMs = Math.max(this.#cpuMs, this.#clocks.cpuMs());
    const share = Math.min((cpuMs - this.#cpuMs) / (this.#watched.size + this.#unwatched), wallMs - this.#wallMs);
    this.#wallMs = wallMs;
    this.#cpuMs = cpuMs;
    for (const watched of this.#watched) watched.accrue(share);
  }
}
