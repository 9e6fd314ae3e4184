import type { Readable } from "node:stream";
import { PART_BYTES_MAX, SendWindow } from "../protocol/credit.ts";

/** How long an answer waits for its body to be whole before it goes out as a stream, ms. */
const WHOLE_WITHIN_MS = 5;
/** Silence of an origin in the middle of a body that ends it, ms; a function's own limits are usually shorter. */
const IDLE_MS = 60_000;

type Next = IteratorResult<Buffer>;

/** An origin's body on its way to a worker: read no faster than the worker gives credit. */
export class OutboundBody {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #body: Readable;
  readonly #window = new SendWindow();
  readonly #gathered: Buffer[] = [];
  #pending: Promise<Next> | undefined;
  #wake = () => {};
  #givenUp = false;

  constructor(body: Readable) {
    this.#body = body;
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** @returns the body when it is whole at once and small; undefined when {@link stream} has to send it. @throws what the body throws */
  async whole(): Promise<Buffer | undefined> {
    let late: NodeJS.Timeout | undefined;
    const timeout = new Promise<undefined>((resolve) => {
      late = setTimeout(resolve, WHOLE_WITHIN_MS, undefined);
    });
    try {
      for (let size = 0; size <= PART_BYTES_MAX; ) {
        this.#pending = this.#chunks.next();
        const next = await Promise.race([this.#pending, timeout]);
        if (next === undefined) return undefined;
        this.#pending = undefined;
        if (next.done) return Buffer.concat(this.#gathered, size);
        this.#gathered.push(next.value);
        size += next.value.length;
      }
      return undefined;
    } finally {
      clearTimeout(late);
    }
  }

  /** Sends the rest in parts. @throws what the body throws, and when the origin falls silent */
  async stream(send: (part: Buffer) => void): Promise<void> {
    for (const chunk of this.#gathered.splice(0)) await this.#sendChunk(chunk, send);
    for (let next = await this.#next(); !next.done; next = await this.#next()) await this.#sendChunk(next.value, send);
  }

  credit(bytes: number): void {
    this.#window.grant(bytes);
    this.#wake();
  }

  /** Nobody takes the rest. */
  giveUp(): void {
    this.#givenUp = true;
    this.#body.destroy();
    this.#wake();
  }

  async #next(): Promise<Next> {
    const idle = setTimeout(() => this.#body.destroy(new Error(`the origin sent nothing for ${IDLE_MS} ms`)), IDLE_MS);
    try {
      return await (this.#pending ?? this.#chunks.next());
    } finally {
      this.#pending = undefined;
      clearTimeout(idle);
    }
  }

  async #sendChunk(chunk: Buffer, send: (part: Buffer) => void): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const bytes = Math.min(this.#window.partBytes, chunk.length - at);
      if (bytes === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        if (this.#givenUp) throw new Error("the body was given up");
        continue;
      }
      this.#window.spend(bytes);
      send(chunk.subarray(at, at + bytes));
      at += bytes;
    }
  }
}
