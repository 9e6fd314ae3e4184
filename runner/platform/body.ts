import { bytesOf, utf8Encode, utf8Text } from "./encoding.ts";
import { HostBody } from "./hostBody.ts";
import { jsonParse } from "./primordials.ts";
import { chunkReader, isReadableStream, streams } from "./streams.ts";

/** Text, bytes and what the host sends stay as they are until someone asks for a stream. */
export type BodySource = string | Uint8Array<ArrayBuffer> | HostBody | ReadableStream | null;

export interface ExtractedBody {
  readonly source: BodySource;
  /** The content type that the kind of body implies. */
  readonly type: string | null;
}

/** Turns what `new Response(…)` and `fetch` take into a source. */
export function extractBody(value: unknown): ExtractedBody {
  if (value === null || value === undefined) return { source: null, type: null };
  if (value instanceof HostBody) return { source: value, type: null };
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

/** The whole of a source. */
export async function drain(source: Exclude<BodySource, null>): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === "string") return utf8Encode(source);
  if (source instanceof Uint8Array) return source;
  const reader = source instanceof HostBody ? source : chunkReader(source);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    size += chunk.length;
    chunks.push(source instanceof HostBody ? chunk : chunk.slice());
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
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
      const source = body.#source instanceof HostBody ? body.body : (body.#stream ?? body.#source);
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
    this.#stream ??= streamOf(this.#source as string | Uint8Array | HostBody, () => {
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

function streamOf(source: string | Uint8Array | HostBody, onRead: () => void): ReadableStream {
  const { ReadableStream } = streams();
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        onRead();
        const part = source instanceof HostBody ? await source.read() : bytesIn(source);
        if (part !== undefined && part.length > 0) controller.enqueue(part as Uint8Array<ArrayBuffer>);
        if (part !== undefined && source instanceof HostBody) return;
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel() {
        if (source instanceof HostBody) source.cancel();
      },
    },
    { highWaterMark: 0 },
  ) as unknown as ReadableStream;
}

function bytesIn(source: string | Uint8Array): Uint8Array {
  return typeof source === "string" ? utf8Encode(source) : source.slice();
}
