import { utf8Encode } from "../encoding.ts";
import { blobBytes, isBlob } from "../file/blob.ts";
import { HostBody } from "../hostBody.ts";
import { charCodeAt, sliceText } from "../primordials.ts";
import { chunkReader } from "../streams/streams.ts";
import type { BodySource } from "./bodyHolder.ts";

/** Characters of a text that are encoded at once. */
const TEXT_CHARS = 16_384;
/** Bytes of a Blob that are copied at once. */
const BLOB_BYTES = 65_536;

/** Where the bytes of a body come from, one chunk after the other, each its reader's own; undefined is the end. */
export interface ByteReader {
  read(): Promise<Uint8Array<ArrayBuffer> | undefined> | Uint8Array<ArrayBuffer> | undefined;
  cancel(reason: unknown): void;
}

export function byteReader(source: BodySource): ByteReader {
  if (typeof source === "string") {
    return pieces(source.length, TEXT_CHARS, (at, end) => {
      // The two halves of a surrogate pair stay together.
      const whole = (charCodeAt(source, end - 1) & 0xfc00) === 0xd800 ? end + 1 : end;
      return { piece: utf8Encode(sliceText(source, at, whole)), end: whole };
    });
  }
  if (source instanceof Uint8Array) return pieces(1, 1, () => ({ piece: source, end: 1 }));
  if (isBlob(source)) {
    const bytes = blobBytes(source);
    return pieces(bytes.length, BLOB_BYTES, (at, end) => ({ piece: bytes.slice(at, end), end }));
  }
  return source instanceof HostBody ? source : chunkReader(source);
}

/** Reads what is there already. @param cut one piece of it, and where that ends */
function pieces(
  length: number,
  step: number,
  cut: (at: number, end: number) => { readonly piece: Uint8Array<ArrayBuffer>; readonly end: number },
): ByteReader {
  let at = 0;
  return {
    read() {
      if (at >= length) return undefined;
      const { piece, end } = cut(at, at + step);
      at = end;
      return piece;
    },
    cancel() {
      at = length;
    },
  };
}
