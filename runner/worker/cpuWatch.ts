/** How often running isolates are looked at, ms: half of the smallest CPU limit. */
const POLL_MS = 5;

interface Watched {
  poll(): void;
}

/** Looks at the isolates that run something; costs nothing while none does. */
export class CpuWatch {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(() => {
      for (const entry of this.#watched) entry.poll();
    }, POLL_MS);
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
