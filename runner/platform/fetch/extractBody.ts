import { copiedBytes } from "../bytes.ts";
import { bytesOf, utf8Encode } from "../encoding.ts";
import { blobBytes, isBlob } from "../file/blob.ts";
import { isDisturbed, isLocked, isReadableStream } from "../streams/streams.ts";
import { formTextOf } from "../url/urlSearchParams.ts";
import { toUsvString } from "../webidl.ts";
import type { BodySource } from "./bodyHolder.ts";
import { byteReader } from "./byteReader.ts";
import { isFormData } from "./formData.ts";
import { encodeMultipart } from "./multipart.ts";

export interface ExtractedBody {
  readonly source: BodySource;
  /** The content type that the kind of body implies. */
  readonly type: string | null;
}

const TEXT = "text/plain;charset=UTF-8";
const FORM = "application/x-www-form-urlencoded;charset=UTF-8";

/** What a `BodyInit` stands for. @throws TypeError for a stream that cannot be read any more */
export function extractBody(value: unknown): ExtractedBody {
  if (typeof value === "object" && value !== null) {
    if (isReadableStream(value)) {
      if (isDisturbed(value) || isLocked(value))
        throw new TypeError("A stream that has been read, or is being read, cannot be a body");
      return { source: value, type: null };
    }
    if (isBlob(value)) return { source: value, type: value.type === "" ? null : value.type };
    const bytes = bytesOf(value);
    // Copied: what a function changes later must not change the body.
    if (bytes !== undefined) return { source: copiedBytes(bytes), type: null };
    if (isFormData(value)) {
      const { body, type } = encodeMultipart(value);
      return { source: body, type };
    }
    const form = formTextOf(value);
    if (form !== undefined) return { source: form, type: FORM };
  }
  return { source: toUsvString(value), type: TEXT };
}

/** The whole of a source, as bytes that are the caller's own. */
export async function drain(source: BodySource): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === "string") return utf8Encode(source);
  if (source instanceof Uint8Array) return source;
  if (isBlob(source)) return blobBytes(source).slice();
  const reader = byteReader(source);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let chunk = await reader.read(); chunk !== undefined; chunk = await reader.read()) {
    size += chunk.length;
    // A stream's chunks may still be in its author's hands.
    chunks[chunks.length] = isReadableStream(source) ? chunk.slice() : chunk;
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only as Uint8Array<ArrayBuffer>;
  const whole = new Uint8Array(size);
  let at = 0;
  for (let index = 0; index < chunks.length; index++) {
    const chunk = chunks[index] as Uint8Array;
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
