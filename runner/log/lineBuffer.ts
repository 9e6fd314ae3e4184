interface Entry {
  readonly source: string;
  readonly text: string;
  readonly lines: number;
  readonly bytes: number;
}

/** What a buffer gives out at once, and how many lines that is. */
export interface Batch {
  readonly text: string;
  readonly lines: number;
}

/**
 * Lines that wait for a reader, oldest first, bounded in bytes. No source may hold more than what is free: one that floods gets
 * half of the room, two a third each, and there is always as much left for the next.
 */
export class LineBuffer {
  readonly #maxBytes: number;
  readonly #heldBySource = new Map<string, number>();
  #entries: Entry[] = [];
  #first = 0;
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#heldBytes === 0;
  }

  heldBy(source: string): number {
    return this.#heldBySource.get(source) ?? 0;
  }

  /** @param text whole lines, each with its end. @returns false when there is no room for them. */
  push(source: string, text: string, lines: number): boolean {
    const bytes = Buffer.byteLength(text);
    const held = this.heldBy(source) + bytes;
    if (held > this.#maxBytes - this.#heldBytes) return false;
    this.#heldBySource.set(source, held);
    this.#heldBytes += bytes;
    this.#entries.push({ source, text, lines, bytes });
    return true;
  }

  /** The oldest lines, `maxBytes` of them or one entry; undefined when there are none. */
  take(maxBytes: number): Batch | undefined {
    let text = "";
    let lines = 0;
    let bytes = 0;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      if (bytes > 0 && bytes + entry.bytes > maxBytes) break;
      text += entry.text;
      lines += entry.lines;
      bytes += entry.bytes;
      this.#release(entry);
    }
    return lines === 0 ? undefined : { text, lines };
  }

  #release({ source, bytes }: Entry): void {
    const held = this.heldBy(source) - bytes;
    if (held === 0) this.#heldBySource.delete(source);
    else this.#heldBySource.set(source, held);
    this.#heldBytes -= bytes;
    this.#first++;
    if (this.#heldBytes === 0) this.#entries = [];
    else if (this.#first > this.#entries.length / 2) this.#entries = this.#entries.slice(this.#first);
    else return;
    this.#first = 0;
  }
}
