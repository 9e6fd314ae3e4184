import { makeSerializable } from "../clone/platformObjects.ts";
import { bytesOf, utf8Encode, utf8Text } from "../encoding.ts";
import { charCodeAt, toLowerCase } from "../primordials.ts";
import { streams } from "../streams/streams.ts";
import { defineInterface, isObject, toDictionary, toEnum, toSequence, toUsvString } from "../webidl.ts";

/** Chunks of `stream()`, bytes. */
const CHUNK_BYTES = 65_536;
const LINE_ENDS = /\r\n?|\n/g;

type Part = string | Uint8Array<ArrayBuffer> | Blob;
interface PropertyBag {
  readonly endings: "transparent" | "native";
  readonly type: string;
}

let bytesIn: (blob: Blob) => Uint8Array<ArrayBuffer>;
let isOne: (value: unknown) => value is Blob;
let fill: (blob: Blob, bytes: Uint8Array<ArrayBuffer>, type: string) => void;

/** Bytes that do not change, in the isolate's own memory. */
export class Blob {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #type = "";

  static {
    bytesIn = (blob) => blob.#bytes;
    isOne = (value): value is Blob => isObject(value) && #bytes in value;
    fill = (blob, bytes, type) => {
      blob.#bytes = bytes;
      blob.#type = type;
    };
  }

  constructor(parts: unknown = undefined, options: unknown = undefined) {
    const list = parts === undefined ? [] : toSequence(parts, toPart, "The parts of a Blob");
    const { endings, type } = toPropertyBag(options);
    this.#bytes = joined(list, endings);
    this.#type = type;
  }

  get size(): number {
    return this.#bytes.length;
  }
  get type(): string {
    return this.#type;
  }
  slice(start: unknown = undefined, end: unknown = undefined, contentType: unknown = undefined): Blob {
    const size = this.#bytes.length;
    const from = start === undefined ? 0 : offset(start, size);
    const to = end === undefined ? size : offset(end, size);
    return newBlob(
      this.#bytes.subarray(from, from > to ? from : to),
      contentType === undefined ? "" : blobType(contentType),
    );
  }
  stream(): ReadableStream<Uint8Array> {
    const bytes = this.#bytes;
    let at = 0;
    const { ReadableStream } = streams();
    return new ReadableStream(
      {
        type: "bytes",
        pull(controller) {
          if (at < bytes.length) controller.enqueue(bytes.slice(at, at + CHUNK_BYTES));
          at += CHUNK_BYTES;
          if (at < bytes.length) return;
          controller.close();
          controller.byobRequest?.respond(0);
        },
      },
      { highWaterMark: 0 },
    ) as unknown as ReadableStream<Uint8Array>;
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer;
  }
  async bytes(): Promise<Uint8Array> {
    return this.#bytes.slice();
  }
  async text(): Promise<string> {
    return utf8Text(this.#bytes);
  }
}
defineInterface(Blob, "Blob");
makeSerializable({
  is: (value) => isOne(value),
  copy(value) {
    const [bytes, type] = [bytesIn(value as Blob), (value as Blob).type];
    return () => newBlob(bytes, type);
  },
});

function toPart(value: unknown): Part {
  if (isOne(value)) return value;
  return bytesOf(value) ?? toUsvString(value);
}

export function toPropertyBag(value: unknown): PropertyBag {
  const bag = toDictionary(value, "The options of a Blob");
  const { endings } = bag;
  const kind = endings === undefined ? "transparent" : toEnum(endings, ["transparent", "native"] as const, "endings");
  const { type } = bag;
  return { endings: kind, type: type === undefined ? "" : blobType(type) };
}

/** In lower case; empty when a character is no printable ASCII. */
function blobType(value: unknown): string {
  const text = `${value}`;
  for (let index = 0; index < text.length; index++) {
    const code = charCodeAt(text, index);
    if (code < 0x20 || code > 0x7e) return "";
  }
  return toLowerCase(text);
}

function joined(parts: readonly Part[], endings: PropertyBag["endings"]): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as Part;
    const chunk =
      typeof part === "string"
        ? utf8Encode(endings === "native" ? part.replace(LINE_ENDS, "\n") : part)
        : isOne(part)
          ? bytesIn(part)
          : part;
    chunks[index] = chunk;
    size += chunk.length;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (let index = 0; index < chunks.length; index++) {
    const chunk = chunks[index] as Uint8Array;
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Web IDL's `[Clamp] long long`, counted from the end where it is negative. */
function offset(value: unknown, size: number): number {
  const number = Number(value);
  // Ties go to the even neighbour.
  const near = Number.isNaN(number) ? 0 : Math.round(number);
  const whole = near - number === 0.5 && near % 2 !== 0 ? near - 1 : near;
  return whole < 0 ? Math.max(size + whole, 0) : Math.min(whole, size);
}

export const isBlob = isOne;
/** The bytes themselves: who gets them must not change them, nor give them away. */
export const blobBytes = bytesIn;
export const fillBlob = fill;

/** A Blob of bytes that nobody changes any more. @param type in lower case */
export function newBlob(bytes: Uint8Array<ArrayBuffer>, type: string): Blob {
  const blob = new Blob();
  fill(blob, bytes, type);
  return blob;
}
