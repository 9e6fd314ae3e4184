import { type Blob, blobBytes, isBlob, newBlob } from "../file/blob.ts";
import type { HostBody } from "../hostBody.ts";
import { isDisturbed, isLocked, isReadableStream, streams, teeForClone } from "../streams/streams.ts";
import { isBytes } from "../webidl.ts";
import { byteReader } from "./byteReader.ts";

/** Text, bytes and what the host sends stay as they are until someone asks for a stream. Bytes are this body's own, a Blob's are not. */
export type BodySource = string | Uint8Array<ArrayBuffer> | Blob | HostBody | ReadableStream;

function itself(value: object): object {
  return value;
}
/** Its subclasses add their private fields to an object that is there already. */
const Onto = itself as unknown as new (value: object) => object;

let holderOf: (stream: ReadableStream) => BodyHolder | undefined;

/** Tells the streams that are made here from all others. */
class Shown extends Onto {
  readonly #holder: BodyHolder;
  static {
    holderOf = (stream) => (#holder in stream ? (stream as unknown as Shown).#holder : undefined);
  }
  constructor(stream: ReadableStream, holder: BodyHolder) {
    super(stream);
    this.#holder = holder;
  }
}

/** The body of a request or a response: its source, and the stream that shows it where somebody has asked for one. */
export class BodyHolder {
  #source: BodySource | undefined;
  #stream: ReadableStream | undefined;
  #controller: ReadableByteStreamController | undefined;
  /** Nobody may read it any more: the error that readers get. */
  #failure: { readonly error: unknown } | undefined;
  /** The last of its clones, which knows the one before. */
  #clone: BodyHolder | undefined;
  #earlierClone: BodyHolder | undefined;

  constructor(source: BodySource) {
    if (isReadableStream(source)) this.#stream = source;
    else this.#source = source;
  }

  get isUsed(): boolean {
    return this.#stream === undefined ? this.#source === undefined : isDisturbed(this.#stream);
  }

  /** Read already, or being read. */
  get isUnusable(): boolean {
    return this.isUsed || (this.#stream !== undefined && isLocked(this.#stream));
  }

  get stream(): ReadableStream {
    if (this.#stream === undefined) {
      const isUsed = this.isUsed;
      this.#stream = this.#show();
      if (isUsed) close(this.#stream);
    }
    return this.#stream;
  }

  /** Whoever reads it from now on, or reads the rest, gets the error. A body without bytes is at its end already. */
  abort(error: unknown): void {
    if (this.#source !== undefined && wholeOf(this.#source)?.length === 0) return;
    this.#failure ??= { error };
    this.#controller?.error(error);
    for (let clone = this.#clone; clone !== undefined; clone = clone.#earlierClone) clone.abort(error);
  }

  /** Hands the body over; afterwards it counts as read. @throws TypeError when it has been read, or is being read; the error it was aborted with */
  take(): BodySource {
    if (this.isUnusable) throw new TypeError("The body has been read already, or is being read");
    if (this.#failure !== undefined) {
      this.#withdraw();
      throw this.#failure.error;
    }
    if (this.#stream === undefined) return this.#withdraw();
    const owner = holderOf(this.#stream);
    if (owner === undefined) return this.#stream;
    const source = owner.#withdraw();
    close(this.#stream);
    return source;
  }

  /** A second body with the same content. @throws TypeError when it has been read, or is being read */
  clone(): BodyHolder {
    if (this.isUnusable) throw new TypeError("A body that has been read, or is being read, cannot be cloned");
    if (this.#source instanceof Uint8Array) this.#source = newBlob(this.#source, "");
    if (typeof this.#source === "string" || isBlob(this.#source)) {
      const clone = new BodyHolder(this.#source);
      clone.#failure = this.#failure;
      clone.#earlierClone = this.#clone;
      this.#clone = clone;
      return clone;
    }
    const [mine, theirs] = teeForClone(this.stream);
    this.#stream = mine;
    return new BodyHolder(theirs);
  }

  #withdraw(): BodySource {
    const source = this.#source as BodySource;
    this.#source = undefined;
    return source;
  }

  #show(): ReadableStream {
    const { ReadableStream } = streams();
    let reader: ReturnType<typeof byteReader> | undefined;
    const stream = new ReadableStream(
      {
        type: "bytes",
        start: (controller) => {
          this.#controller = controller as unknown as ReadableByteStreamController;
          if (this.#failure !== undefined) controller.error(this.#failure.error);
        },
        pull: async (controller) => {
          reader ??= byteReader(this.#withdraw());
          let part = await reader.read();
          while (part?.length === 0) part = await reader.read();
          if (part === undefined) {
            controller.close();
            controller.byobRequest?.respond(0);
          } else {
            controller.enqueue(part);
          }
        },
        cancel: (reason) => {
          if (reader === undefined && this.#source !== undefined) reader = byteReader(this.#withdraw());
          reader?.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    ) as unknown as ReadableStream;
    new Shown(stream, this);
    return stream;
  }
}

/** Nobody reads it any more: it is what is left of a body that was read in another way. */
function close(stream: ReadableStream): void {
  stream.getReader().cancel();
}

/** The bytes or the text of a source that is whole; undefined where it streams. */
export function wholeOf(source: BodySource): string | Uint8Array<ArrayBuffer> | undefined {
  if (typeof source === "string" || isBytes(source)) return source;
  return isBlob(source) ? blobBytes(source) : undefined;
}
