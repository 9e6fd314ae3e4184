import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;
/** A longer line is no line of ours: what has come of it is dropped. */
const LINE_BYTES_MAX = 4 * 1024 * 1024;

/** A log file that another process appends to and, when it is large, copies to `<file>.1` and empties. */
export class FollowedFile {
  readonly #path: string;
  #position = 0;
  /** When the copy was made that has been looked at. */
  #copiedNs: bigint | null = null;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Lines of the copy that the last emptying left, oldest first; none where there is no copy. */
  async *older(): AsyncGenerator<string> {
    this.#copiedNs = (await this.#copy())?.mtimeNs ?? null;
    yield* this.#from(this.#copyPath, 0);
    this.#rest = Buffer.alloc(0);
  }

  /** Whole lines that came since the last call; of a file that is not there, none. */
  async *newer(): AsyncGenerator<string> {
    const copy = await this.#copy();
    const size = (await stat(this.#path, { bigint: true }).catch(() => null))?.size ?? 0n;
    // As long as the file is no smaller than its copy, it is yet to be emptied.
    if (copy !== null && copy.mtimeNs !== this.#copiedNs && size < copy.size) {
      this.#copiedNs = copy.mtimeNs;
      yield* this.#from(this.#copyPath, this.#position);
      this.#position = 0;
      this.#rest = Buffer.alloc(0);
    }
    yield* this.#from(this.#path, this.#position);
  }

  get #copyPath(): string {
    return `${this.#path}.1`;
  }

  #copy(): Promise<BigIntStats | null> {
    return stat(this.#copyPath, { bigint: true }).catch(() => null);
  }

  async *#from(path: string, start: number): AsyncGenerator<string> {
    const file = await open(path).catch(() => null);
    if (file === null) return;
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      for (let position = start; ; ) {
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        if (path === this.#path) this.#position = position;
        const text = Buffer.concat([this.#rest, chunk.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(0x0a) + 1;
        this.#rest = text.length - end > LINE_BYTES_MAX ? Buffer.alloc(0) : Buffer.from(text.subarray(end));
        if (end > 0) yield* text.toString("utf8", 0, end - 1).split("\n");
      }
    } finally {
      await file.close();
    }
  }
}
