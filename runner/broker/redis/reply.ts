/** What Redis answers. A text is bytes: Redis knows nothing of encodings. */
export type Reply = null | number | Buffer | RedisError | readonly Reply[];

/** An answer that says what is wrong: `WRONGTYPE Operation against …`. */
export class RedisError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }

  /** The first word. */
  get code(): string {
    return /^[A-Z]+/.exec(this.message)?.[0] ?? "ERR";
  }
}

/** The answer was larger than it may be: it was read and thrown away. */
export const TOO_LARGE = new RedisError("TOOLARGE");

/** The server speaks something else than RESP2. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
}

const LINE_BYTES_MAX = 64 * 1024;
const DEPTH_MAX = 8;
const CRLF_BYTES = 2;
const TYPES = { simple: 0x2b, error: 0x2d, integer: 0x3a, bulk: 0x24, array: 0x2a } as const;

interface OpenArray {
  left: number;
  /** Undefined when it is thrown away. */
  items: Reply[] | undefined;
}

interface OpenBulk {
  readonly size: number;
  /** Bytes to come, the line's end among them. */
  left: number;
  readonly chunks: Buffer[];
}

/** Bytes in, answers out. However large an answer is, no more than its bound is held. */
export class ReplyDecoder {
  readonly #heard: (reply: Reply, bytes: number) => void;
  readonly #maxBytes: () => number;
  readonly #arrays: OpenArray[] = [];
  #line: Buffer = Buffer.alloc(0);
  #bulk: OpenBulk | undefined;
  #used = 0;

  /** @param maxBytes asked for the answer that is being read. @param heard with an answer and what it takes, bytes */
  constructor(maxBytes: () => number, heard: (reply: Reply, bytes: number) => void) {
    this.#maxBytes = maxBytes;
    this.#heard = heard;
  }

  /** @throws ReplyError */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#bulk === undefined ? this.#readLine(chunk, at) : this.#readBulk(chunk, at);
  }

  get #isOver(): boolean {
    return this.#used > this.#maxBytes();
  }

  #readBulk(chunk: Buffer, at: number): number {
    const bulk = this.#bulk as OpenBulk;
    const part = chunk.subarray(at, at + bulk.left);
    bulk.left -= part.length;
    if (!this.#isOver) bulk.chunks.push(part);
    if (bulk.left === 0) {
      this.#bulk = undefined;
      // Copied: a slice would hold the whole chunk that it came in.
      this.#value(this.#isOver ? null : Buffer.concat(bulk.chunks).subarray(0, bulk.size));
    }
    return at + part.length;
  }

  #readLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(0x0a, at);
    const part = chunk.subarray(at, end === -1 ? undefined : end + 1);
    if (this.#line.length + part.length > LINE_BYTES_MAX) throw new ReplyError("a line of the answer is too long");
    this.#line = Buffer.concat([this.#line, part]);
    if (end === -1) return chunk.length;
    const line = this.#line;
    this.#line = Buffer.alloc(0);
    if (line.at(-CRLF_BYTES) !== 0x0d) throw new ReplyError("a line of the answer has no proper end");
    this.#hear(line[0] as number, line.subarray(1, -CRLF_BYTES));
    return end + 1;
  }

  #hear(type: number, content: Buffer): void {
    this.#used += content.length;
    switch (type) {
      case TYPES.simple:
        this.#value(Buffer.from(content));
        break;
      case TYPES.error:
        this.#value(new RedisError(content.toString()));
        break;
      case TYPES.integer:
        this.#value(Number(content));
        break;
      case TYPES.bulk:
        this.#beginBulk(lengthOf(content));
        break;
      case TYPES.array:
        this.#beginArray(lengthOf(content));
        break;
      default:
        throw new ReplyError(`an answer of type ${type} is not known`);
    }
  }

  #beginBulk(size: number): void {
    if (size === -1) {
      this.#value(null);
    } else {
      this.#used += size;
      this.#bulk = { size, left: size + CRLF_BYTES, chunks: [] };
    }
  }

  #beginArray(length: number): void {
    if (length <= 0) {
      this.#value(length === 0 ? [] : null);
    } else {
      if (this.#arrays.length >= DEPTH_MAX) throw new ReplyError("an answer is nested too deeply");
      this.#arrays.push({ left: length, items: [] });
    }
  }

  #value(value: Reply): void {
    let done = value;
    for (let array = this.#arrays.at(-1); array !== undefined; array = this.#arrays.at(-1)) {
      // Each element costs more than its bytes.
      this.#used += ELEMENT_BYTES;
      if (this.#isOver) array.items = undefined;
      array.items?.push(done);
      if (--array.left > 0) return;
      this.#arrays.pop();
      done = array.items ?? null;
    }
    const [isOver, used] = [this.#isOver, this.#used];
    this.#used = 0;
    this.#heard(isOver ? TOO_LARGE : done, used);
  }
}

const ELEMENT_BYTES = 8;

function lengthOf(content: Buffer): number {
  const length = Number(content.toString());
  if (!Number.isSafeInteger(length) || length < -1) throw new ReplyError("a length in the answer is no number");
  return length;
}

/** A command as Redis reads it. */
export function encodeCommand(args: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = typeof arg === "string" ? Buffer.from(arg) : arg;
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}
