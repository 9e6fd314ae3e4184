/** Pending timers of one isolate, each belonging to a request. */
export class CallTimers {
  readonly #timers = new Map<number, { readonly call: number; readonly handle: NodeJS.Timeout }>();

  start(id: number, call: number, delayMs: number, due: () => void): void {
    this.clear(id);
    const handle = setTimeout(() => {
      this.#timers.delete(id);
      due();
    }, delayMs);
    this.#timers.set(id, { call, handle });
  }

  clear(id: number): void {
    clearTimeout(this.#timers.get(id)?.handle);
    this.#timers.delete(id);
  }

  clearCall(call: number): void {
    for (const [id, timer] of this.#timers) if (timer.call === call) this.clear(id);
  }

  clearAll(): void {
    for (const id of [...this.#timers.keys()]) this.clear(id);
  }
}
