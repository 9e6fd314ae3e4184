import { bytesOf } from "./encoding.ts";
import { settle } from "./primordials.ts";

/** The stream classes are large and most functions never touch one: the bundler keeps this a call away. */
declare const require: (name: "web-streams-polyfill") => typeof import("web-streams-polyfill");

type Streams = typeof import("web-streams-polyfill");

let loaded: Streams | undefined;

export function streams(): Streams {
  loaded ??= require("web-streams-polyfill");
  return loaded;
}

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
  return loaded !== undefined && value instanceof loaded.ReadableStream;
}

/** Reads a stream that must give bytes. `read` gives undefined at the end; what a stream's own end says of `cancel` is not waited for. */
export function chunkReader(stream: ReadableStream) {
  const reader = stream.getReader();
  return {
    async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
      const { done, value } = await reader.read();
      if (done) return undefined;
      const bytes = typeof value === "string" ? undefined : bytesOf(value);
      if (bytes === undefined) throw new TypeError("A body stream must give Uint8Array chunks");
      return bytes;
    },
    cancel: (reason: unknown) =>
      settle(
        reader.cancel(reason),
        () => {},
        () => {},
      ),
  };
}
