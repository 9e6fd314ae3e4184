import type { BodySource } from "./body.ts";
import { utf8Encode } from "./encoding.ts";
import { HostBody } from "./hostBody.ts";
import { chunkReader } from "./streams.ts";

/** Characters of a text that are encoded at once. */
const TEXT_CHARS = 16_384;

/** Where the bytes of a body come from, one chunk after the other; undefined is the end. */
export interface ByteReader {
  read(): Promise<Uint8Array<ArrayBuffer> | undefined> | Uint8Array<ArrayBuffer> | undefined;
  cancel(reason: unknown): void;
}

export function byteReader(source: Exclude<BodySource, null>): ByteReader {
  if (typeof source === "string") return textReader(source);
  if (source instanceof Uint8Array) return bytesReader(source);
  return source instanceof HostBody ? source : chunkReader(source);
}

function bytesReader(bytes: Uint8Array<ArrayBuffer>): ByteReader {
  let left: Uint8Array<ArrayBuffer> | undefined = bytes;
  return {
    read() {
      const whole = left;
      left = undefined;
      return whole;
    },
    cancel() {
      left = undefined;
    },
  };
}

function textReader(text: string): ByteReader {
  let at = 0;
  return {
    read() {
      if (at >= text.length) return undefined;
      let end = at + TEXT_CHARS;
      // The two halves of a surrogate pair stay together.
      if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end++;
      const bytes = utf8Encode(text.slice(at, end));
      at = end;
      return bytes;
    },
    cancel() {
      at = text.length;
    },
  };
}
