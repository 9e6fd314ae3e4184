import { bytesOf, utf8Encode, utf8Text } from "./encoding.ts";
import { jsonParse } from "./primordials.ts";
import { isReadableStream, streams } from "./streams.ts";

/** Text and bytes stay as they are until someone asks for a stream. */
export type BodySource = string | Uint8Array<ArrayBuffer> | ReadableStream | null;

export interface ExtractedBody {
  readonly source: BodySource;
  /** The content type that the kind of body implies. */
  readonly type: string | null;
}

/** Turns what `new Response(…)` and `fetch` take into a source. */
export function extractBody(value: unknown): ExtractedBody {
  if (value === null || value === undefined) return { source: null, type: null };
  if (isReadableStream(value)) {
    if (value.locked) throw new TypeError("The stream given as a body is locked");
    return { source: value, type: null };
  }
  if (value instanceof URLSearchParams) {
    return { source: `${value}`, type: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  const bytes = bytesOf(value);
  // Copied: what a function changes later must not change the body.
  if (bytes !== undefined) return { source: bytes.slice(), type: null };
  return { source: `${value}`.toWellFormed(), type: "text/plain;charset=UTF-8" };
}

/** The whole of a source. @throws RangeError with the size so far when it passes `maxBytes`. */
export async function drain(
  source: Exclude<BodySource, null>,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === "string") return utf8Encode(source);
  if (source instanceof Uint8Array) return source;
  const reader = source.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = typeof value === "string" ? undefined : bytesOf(value);
    if (chunk === undefined) throw new TypeError("A body stream must give Uint8Array chunks");
    size += chunk.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new BodyTooLarge(size);
    }
    chunks.push(chunk.slice());
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export class BodyTooLarge extends Error {
  readonly size: number;
  constructor(size: number) {
    super(`The body is over its limit: ${size} bytes so far`);
    this.size = size;
  }
}

let takeSource: (body: Body) => BodySource;
let copySource: (body: Body) => BodySource;

/** What Request and Response have in common. */
export class Body {
  #source: BodySource;
  #used = false;
  #stream: ReadableStream | null = null;

  static {
    takeSource = (body) => {
      if (body.bodyUsed || body.#stream?.locked) throw new TypeError("The body has been read already");
      if (body.#source !== null) body.#used = true;
      return body.#stream ?? body.#source;
    };
    copySource = (body) => {
      if (body.bodyUsed || body.#stream?.locked) throw new TypeError("A body that has been read cannot be cloned");
      const source = body.#stream ?? body.#source;
      if (!isReadableStream(source)) return source;
      const [mine, theirs] = source.tee();
      body.#source = mine;
      body.#stream = mine;
      return theirs;
    };
  }

  constructor(source: BodySource) {
    this.#source = source;
    if (isReadableStream(source)) this.#stream = source;
  }

  get bodyUsed(): boolean {
    return this.#used;
  }

  get body(): ReadableStream | null {
    if (this.#source === null) return null;
    this.#stream ??= streamOf(this.#source as string | Uint8Array, () => {
      this.#used = true;
    });
    return this.#stream;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const source = takeSource(this);
    return source === null ? new Uint8Array() : drain(source);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = await this.bytes();
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  }
  async text(): Promise<string> {
    const source = takeSource(this);
    if (source === null) return "";
    return typeof source === "string" ? source : utf8Text(await drain(source));
  }
  async json(): Promise<unknown> {
    return jsonParse(await this.text());
  }
}

/** Hands over the body; afterwards it counts as read. @throws TypeError when it has been read before. */
export function takeBody(body: Body): BodySource {
  return takeSource(body);
}

/** A second source with the same content. @throws TypeError when it has been read before. */
export function cloneBody(body: Body): BodySource {
  return copySource(body);
}

function streamOf(source: string | Uint8Array, onRead: () => void): ReadableStream {
  const { ReadableStream } = streams();
  return new ReadableStream(
    {
      type: "bytes",
      pull(controller) {
        onRead();
        const bytes = typeof source === "string" ? utf8Encode(source) : source.slice();
        if (bytes.length > 0) controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    },
    { highWaterMark: 0 },
  ) as unknown as ReadableStream;
}
