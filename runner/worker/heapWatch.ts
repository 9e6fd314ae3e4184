/** How often an isolate's heap is looked at while it works, ms. */
const EVERY_MS = 20;
/** Share of the limit from which a heap counts as high. */
const HIGH_SHARE = 0.75;
const MB = 1024 * 1024;

interface Heap {
  /** Heap and what it holds outside, bytes. */
  readonly heapBytes: number;
}

/** What one isolate's heap holds, as seen between its entries. */
export class HeapWatch {
  readonly #limitBytes: number;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #peakBytes = 0;

  constructor(limitMb: number) {
    this.#limitBytes = limitMb * MB;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isHigh(): boolean {
    return this.#bytes > this.#limitBytes * HIGH_SHARE;
  }

  /** Looks when it is time again. */
  look(heap: Heap, nowMs: number): void {
    if (nowMs - this.#lookedMs < EVERY_MS) return;
    this.#lookedMs = nowMs;
    this.#bytes = heap.heapBytes;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytes);
  }

  /** The most since this was last asked, bytes. */
  takePeak(): number {
    const peak = this.#peakBytes;
    this.#peakBytes = 0;
    return peak;
  }
}
