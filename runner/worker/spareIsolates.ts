import type { PlatformIsolate } from "./platformIsolate.ts";

/** How long an isolate waits to be made while the worker has something better to do, ms. */
const POSTPONED_MS_MAX = 1_000;
const RETRY_MS = 10;

export type SpareIsolate = Pick<PlatformIsolate, "heapMb" | "isDisposed" | "dispose">;

interface SpareIsolatesParts<Isolate> {
  /** Isolates that are kept ready. */
  readonly count: number;
  readonly newIsolate: (heapMb: number) => Promise<Isolate>;
  /** Whether nobody is kept waiting while this thread makes an isolate. */
  readonly isIdle: () => boolean;
}

/**
 * Isolates with the platform booted and no function yet. V8 takes the heap limit when an isolate is made, so that a spare
 * one serves one limit only: kept ready are those that the last functions asked for.
 */
export class SpareIsolates<Isolate extends SpareIsolate> {
  readonly #parts: SpareIsolatesParts<Isolate>;
  #ready: Isolate[] = [];
  /** Heap limits of the last functions, the newest at the end. */
  #wanted: number[] = [];
  #refilling = false;

  constructor(parts: SpareIsolatesParts<Isolate>) {
    this.#parts = parts;
  }

  get ready(): number {
    return this.#ready.length;
  }

  /** A function with this heap limit may start soon. */
  expect(heapMb: number): void {
    const { count } = this.#parts;
    if (count === 0) return;
    this.#wanted = [...Array(count - this.#wanted.length).fill(heapMb), ...this.#wanted, heapMb].slice(-count);
    void this.#refill();
  }

  /** One with this heap limit: at once where one is ready. */
  async take(heapMb: number): Promise<Isolate> {
    const found = this.#ready.find((isolate) => isolate.heapMb === heapMb && !isolate.isDisposed);
    this.#ready = this.#ready.filter((isolate) => isolate !== found);
    this.expect(heapMb);
    return found ?? this.#parts.newIsolate(heapMb);
  }

  async #refill(): Promise<void> {
    if (this.#refilling) return;
    this.#refilling = true;
    try {
      for (let heapMb = this.#missing(); heapMb !== undefined; heapMb = this.#missing()) {
        await this.#untilIdle();
        const made = await this.#parts.newIsolate(heapMb);
        this.#dropUnwanted();
        this.#ready.push(made);
      }
    } catch {
      // Whoever needs an isolate will say why there is none.
    } finally {
      this.#refilling = false;
    }
  }

  async #untilIdle(): Promise<void> {
    const giveUpAt = performance.now() + POSTPONED_MS_MAX;
    do await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    while (!this.#parts.isIdle() && performance.now() < giveUpAt);
  }

  #missing(): number | undefined {
    const ready = this.#ready.map(({ heapMb }) => heapMb);
    return this.#wanted.toReversed().find((heapMb) => !takeOut(ready, heapMb));
  }

  /** Makes room for one that is wanted. */
  #dropUnwanted(): void {
    const wanted = [...this.#wanted];
    const kept = this.#ready.filter(({ heapMb }) => takeOut(wanted, heapMb));
    for (const isolate of this.#ready) if (!kept.includes(isolate)) isolate.dispose();
    this.#ready = kept;
  }
}

/** Takes one `value` out of a list. @returns whether there was one. */
function takeOut(list: number[], value: number): boolean {
  const index = list.indexOf(value);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
