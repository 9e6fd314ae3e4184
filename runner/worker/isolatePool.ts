/** What holds a place in the pool. */
export interface Tenant {
  /** It has nothing under way: no request, no promise given to waitUntil, no timer, no open stream. */
  readonly isIdle: boolean;
  /** When it last had work, ms of the monotonic clock. */
  readonly lastUsedMs: number;
  /** What its isolate held of memory when it was last looked at, bytes. */
  readonly heapBytes: number;
  /** Ends its isolate; its place is left before this returns. */
  evict(exit: "evicted" | "idle"): void;
}

export interface Place {
  /** Resolves when there is room; the place is held from then on. */
  enter(): Promise<void>;
  /** Gives the place up, or stops waiting for it. */
  leave(): void;
}

interface IsolatePoolParts {
  /** Isolates that are kept. As many again may run while all of them are busy and memory allows. */
  readonly max: number;
  /** Idle time after which an isolate ends, ms. */
  readonly idleMs: number;
  /** Resident size above which the process is replaced, bytes. */
  readonly memoryBytes: number;
  readonly residentBytes: () => number;
  readonly nowMs: () => number;
}

/** Share of the memory above which idle isolates end, the least recently used first. */
const TIGHT_SHARE = 0.8;
/** Isolates above the maximum that begin at once and have idle ones ended for them later: ending one takes longer than starting a small function. */
const LATE_MAX = 4;
/** What ending an isolate frees at least, bytes. */
const ISOLATE_BYTES_MIN = 1024 * 1024;

/** The isolates of one worker: how many, for how long, and who has to make room. Never one that has work. */
export class IsolatePool {
  readonly #parts: IsolatePoolParts;
  readonly #tenants = new Set<Tenant>();
  #waiting: { readonly tenant: Tenant; admit(): void }[] = [];

  constructor(parts: IsolatePoolParts) {
    this.#parts = parts;
  }

  /** Isolates that hold a place. */
  get live(): number {
    return this.#tenants.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  place(tenant: Tenant): Place {
    return {
      enter: () =>
        new Promise((resolve) => {
          this.#waiting.push({ tenant, admit: resolve });
          this.admit();
        }),
      leave: () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting.tenant !== tenant);
        if (this.#tenants.delete(tenant)) this.admit();
      },
    };
  }

  /** Whether an idle isolate has to make room that was taken ahead of it. */
  get isOver(): boolean {
    return this.live > this.#parts.max && this.#leastRecent() !== undefined;
  }

  /** Ends one idle isolate where there are too many. To be called when nobody waits for this thread. */
  makeRoom(): void {
    if (this.live > this.#parts.max) this.#leastRecent()?.evict("evicted");
  }

  /** Lets in who waits, as far as there is room or an idle isolate makes some, now or later. To be called when work has ended. */
  admit(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      if (this.live >= this.#parts.max + LATE_MAX || !this.#hasRoom()) this.#leastRecent()?.evict("evicted");
      // Evicting lets in whoever waits, so that the first may have got its place.
      if (this.#waiting[0] !== first) continue;
      if (!this.#hasRoom()) return;
      this.#waiting.shift();
      this.#tenants.add(first.tenant);
      first.admit();
    }
  }

  /** Ends what has been idle for long, and what is idle while there are too many or memory is tight. */
  sweep(): void {
    const { idleMs, memoryBytes, residentBytes, nowMs } = this.#parts;
    const idleSince = nowMs() - idleMs;
    let excess = residentBytes() - memoryBytes * TIGHT_SHARE;
    for (const tenant of this.#idle()) {
      const tight = excess > 0 || this.live > this.#parts.max;
      if (!tight && tenant.lastUsedMs > idleSince) break;
      excess -= Math.max(tenant.heapBytes, ISOLATE_BYTES_MIN);
      tenant.evict(tenant.lastUsedMs > idleSince ? "evicted" : "idle");
    }
    this.admit();
  }

  #hasRoom(): boolean {
    const { max, memoryBytes, residentBytes } = this.#parts;
    if (this.live < max) return true;
    return this.live < 2 * max && residentBytes() < memoryBytes * TIGHT_SHARE;
  }

  #leastRecent(): Tenant | undefined {
    return this.#idle()[0];
  }

  /** Who could go, the least recently used first. */
  #idle(): Tenant[] {
    return [...this.#tenants].filter(({ isIdle }) => isIdle).sort((a, b) => a.lastUsedMs - b.lastUsedMs);
  }
}
