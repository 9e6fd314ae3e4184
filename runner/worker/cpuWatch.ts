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
  /** CPU time of the threads that run isolates, together. */
  cpuMs(): number;
}

const CLOCKS: CpuClocks = { wallMs: () => performance.now(), cpuMs: otherThreadsCpuMs };

/**
 * Looks at the isolates that run something on other threads, and counts their CPU time: what those threads have had together is
 * shared among the entries that ran meanwhile, none getting more than the clock. Costs nothing while none runs.
 */
export class CpuWatch {
  readonly #clocks: CpuClocks;
  readonly #watched = new Set<Watched>();
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

  /** Brings the figures up to now. */
  look(): void {
    const wallMs = this.#clocks.wallMs();
    const cpuMs = this.#clocks.cpuMs();
    const share = Math.min((cpuMs - this.#cpuMs) / this.#watched.size, wallMs - this.#wallMs);
    this.#wallMs = wallMs;
    this.#cpuMs = cpuMs;
    for (const watched of this.#watched) watched.accrue(share);
  }
}
