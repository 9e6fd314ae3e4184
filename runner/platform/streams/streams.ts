import { pack, unpack } from "../clone/structuredClone.ts";
import { apply, defineValue, setPrototypeOf, settle } from "../primordials.ts";
import { isBytes, markPlatform } from "../webidl.ts";

/** The stream classes are large and most functions never touch one: the bundler keeps this a call away. */
declare const require: (name: "web-streams-polyfill") => typeof import("web-streams-polyfill");

type Streams = typeof import("web-streams-polyfill");

/** What only a stream has that was constructed. */
const CONTROLLER = "_readableStreamController";

/** What no method tells: the package keeps the standard's internal slots under these names. */
interface Internals {
  readonly _disturbed: boolean;
  readonly _reader: unknown;
  readonly [CONTROLLER]: unknown;
}

let loaded: Streams | undefined;

/** The two ends of what transforms. */
export interface Pair {
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
}

export function streams(): Streams {
  if (loaded === undefined) {
    loaded = require("web-streams-polyfill");
    conform(loaded);
  }
  return loaded;
}

/** What the package does in another way than the standard. */
function conform(classes: Streams): void {
  const { ReadableStream, WritableStreamDefaultController } = classes;
  for (const name of STREAM_CLASSES) markPlatform(classes[name].prototype);
  Reflect.deleteProperty(WritableStreamDefaultController.prototype, "abortReason");
  const { pipeTo } = ReadableStream.prototype;
  const given = {
    // For a destination that is missing it rejects with a text.
    pipeTo(this: object, destination: unknown, options: unknown = undefined): Promise<void> {
      return apply(pipeTo, this, [destination ?? null, options]) as Promise<void>;
    },
  };
  defineValue(ReadableStream.prototype, "pipeTo", given.pipeTo, true);
  const iterator = Object.getPrototypeOf(new ReadableStream().values());
  Reflect.deleteProperty(iterator, Symbol.asyncIterator);
  setPrototypeOf(iterator, asyncIteratorPrototype);
}

const asyncIteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);

export const STREAM_CLASSES = [
  "ReadableStream",
  "ReadableStreamDefaultController",
  "ReadableStreamDefaultReader",
  "ReadableByteStreamController",
  "ReadableStreamBYOBReader",
  "ReadableStreamBYOBRequest",
  "WritableStream",
  "WritableStreamDefaultController",
  "WritableStreamDefaultWriter",
  "TransformStream",
  "TransformStreamDefaultController",
  "ByteLengthQueuingStrategy",
  "CountQueuingStrategy",
] as const satisfies readonly (keyof Streams)[];

/** A value is a stream only once the classes have been asked for: nobody can hold one before. */
export function isReadableStream(value: unknown): value is ReadableStream {
  return loaded !== undefined && value instanceof loaded.ReadableStream && CONTROLLER in value;
}

/** Whether it has been read from, or cancelled. */
export function isDisturbed(stream: ReadableStream): boolean {
  return (stream as unknown as Internals)._disturbed;
}

export function isLocked(stream: ReadableStream): boolean {
  return (stream as unknown as Internals)._reader !== undefined;
}

/** Two streams of the same chunks, each with its own copies of them. */
export function teeForClone(stream: ReadableStream): [ReadableStream, ReadableStream] {
  const [first, second] = stream.tee();
  const { ReadableByteStreamController, ReadableStream } = streams();
  // A stream of bytes does so by itself.
  if ((stream as unknown as Internals)[CONTROLLER] instanceof ReadableByteStreamController) return [first, second];
  const reader = second.getReader();
  const copies = new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(unpack(pack(value, [])));
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return [first, copies as unknown as ReadableStream];
}

/** Reads a stream that must give bytes. `read` gives undefined at the end; what a stream's own end says of `cancel` is not waited for. */
export function chunkReader(stream: ReadableStream) {
  const reader = stream.getReader();
  return {
    async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
      const { done, value } = await reader.read();
      if (done) return undefined;
      if (!isBytes(value)) throw new TypeError("A body stream must give Uint8Array chunks");
      return value;
    },
    cancel: (reason: unknown) =>
      settle(
        reader.cancel(reason),
        () => {},
        () => {},
      ),
  };
}
