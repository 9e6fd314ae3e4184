/**
 * Flow control of a body that travels in parts. The sender may send {@link WINDOW_BYTES} unasked, then as many bytes as the
 * receiver gives back; so at most one window of each body is under way or waits for its consumer.
 */
export const WINDOW_BYTES = 256 * 1024;
/** The largest part; larger chunks are cut. */
export const PART_BYTES_MAX = 64 * 1024;
/** Credit is given back in pieces of at least this size: a frame for each small part would cost more than the part. */
const RETURN_BYTES = WINDOW_BYTES / 4;

/** The sender's side: what may still be sent. */
export class SendWindow {
  #left = WINDOW_BYTES;

  /** Bytes of the next part at most; 0 means to wait for credit. */
  get partBytes(): number {
    return Math.min(this.#left, PART_BYTES_MAX);
  }

  /** @returns false when there was no credit for so much: nothing may be sent. */
  spend(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  /** Credit that came back. A receiver that gives more than it was sent, or nonsense, gains nothing. */
  grant(bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) return;
    this.#left = Math.min(WINDOW_BYTES, this.#left + bytes);
  }
}

/** The receiver's side: what may still come, and what has to be given back. */
export class ReceiveWindow {
  #open = WINDOW_BYTES;
  #due = 0;

  /** @returns false when the sender has sent more than it may. */
  receive(bytes: number): boolean {
    this.#open -= bytes;
    return this.#open >= 0;
  }

  /** The consumer has taken bytes. @returns credit to give back now; 0 while it is too little to be worth a frame. */
  consume(bytes: number): number {
    this.#due += bytes;
    if (this.#due < RETURN_BYTES) return 0;
    const credit = this.#due;
    this.#due = 0;
    this.#open += credit;
    return credit;
  }
}
