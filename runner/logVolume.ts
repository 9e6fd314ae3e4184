/** What a line costs besides its text, bytes: empty lines are not for nothing. */
const LINE_BYTES = 64;

/** How much of its log a request has written. */
export class LogVolume {
  #bytes = 0;
  #dropped = 0;

  /** Counts a line of so many bytes. @returns whether it is written: after the first one over the limit none is. */
  add(bytes: number, logBytes: number): boolean {
    const sum = this.#bytes + LINE_BYTES + bytes;
    if (this.#dropped > 0 || sum > logBytes) {
      this.#dropped++;
      return false;
    }
    this.#bytes = sum;
    return true;
  }

  /** Lines were dropped elsewhere. */
  drop(lines: number): void {
    this.#dropped += lines;
  }

  /** Begins anew. @returns lines that were dropped. */
  restart(): number {
    const dropped = this.#dropped;
    this.#bytes = 0;
    this.#dropped = 0;
    return dropped;
  }
}
