import { freeBytes } from "../protocol/freeBytes.ts";

/** A chunk of this size goes on as it is; smaller ones are put together. */
const LARGE_BYTES = 16 * 1024;

/** Chunks of a body that become parts. Memory of chunks that were copied is given back at once. */
export class PartQueue {
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk that are gone already. */
  #gone = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** @param chunk the queue's own from then on */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next bytes, at most so many and at least one; their taker's own. The queue must not be empty. */
  take(bytesMax: number): Buffer {
    const [first] = this.#chunks as [Buffer];
    const isWhole = this.#gone === 0 && first.length <= bytesMax;
    if (isWhole && (first.length >= LARGE_BYTES || this.#chunks.length === 1)) {
      this.#chunks.shift();
      this.#bytes -= first.length;
      return first;
    }
    const part = Buffer.allocUnsafeSlow(Math.min(bytesMax, this.#bytes));
    for (let filled = 0; filled < part.length; ) {
      const [chunk] = this.#chunks as [Buffer];
      const copied = chunk.copy(part, filled, this.#gone);
      filled += copied;
      this.#gone += copied;
      if (this.#gone < chunk.length) break;
      this.#chunks.shift();
      this.#gone = 0;
      freeBytes(chunk);
    }
    this.#bytes -= part.length;
    return part;
  }

  /** Nobody wants the rest. */
  clear(): void {
    for (const chunk of this.#chunks) freeBytes(chunk);
    this.#chunks = [];
    this.#gone = 0;
    this.#bytes = 0;
  }
}
