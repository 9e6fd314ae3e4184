import { bytesOf, newUtf8State, utf8Decode } from "../encoding.ts";
import { defineInterface, toDictionary } from "../webidl.ts";
import { encodingOf } from "./labels.ts";
import { singleByteText, Utf16Decoder, userDefinedText } from "./otherDecoders.ts";
import { upperHalf } from "./singleByte.ts";

type Decode = (bytes: Uint8Array, last: boolean) => string;

/** Most texts are UTF-8: the bundler keeps the decoders of East Asian encodings a call away. */
declare const require: (name: "./multiByte.ts") => typeof import("./multiByte.ts");

/** The Encoding Standard's TextDecoder. */
export class TextDecoder {
  readonly #encoding: string;
  readonly #isFatal: boolean;
  readonly #keepsMark: boolean;
  readonly #decode: Decode;
  /** Whether text has come out since the stream began: a byte order mark can only be the first. */
  #hasBegun = false;

  constructor(label: unknown = "utf-8", options: unknown = undefined) {
    this.#encoding = encodingOf(`${label}`);
    const { fatal, ignoreBOM } = toDictionary(options, "The options of a TextDecoder");
    this.#isFatal = Boolean(fatal);
    this.#keepsMark = Boolean(ignoreBOM);
    this.#decode = decoderOf(this.#encoding, this.#isFatal);
  }

  get encoding(): string {
    return this.#encoding;
  }
  get fatal(): boolean {
    return this.#isFatal;
  }
  get ignoreBOM(): boolean {
    return this.#keepsMark;
  }

  decode(input: unknown = undefined, options: unknown = undefined): string {
    const decode = this.#decode;
    const bytes = input === undefined ? NOTHING : bytesOf(input);
    if (bytes === undefined) throw new TypeError("decode takes an ArrayBuffer or a view of one");
    const last = !toDictionary(options, "The options of decode").stream;
    const isFirst = !this.#hasBegun;
    // Also when it throws: what comes next begins anew.
    this.#hasBegun = false;
    let text = decode(bytes, last);
    this.#hasBegun = !last && (!isFirst || text !== "");
    const hasMark = isFirst && text.charCodeAt(0) === 0xfeff && this.#encoding.startsWith("utf-");
    if (hasMark && !this.#keepsMark) text = text.slice(1);
    return text;
  }
}

defineInterface(TextDecoder, "TextDecoder");

const NOTHING = new Uint8Array(0);

function decoderOf(encoding: string, fatal: boolean): Decode {
  if (encoding === "utf-8") {
    const state = newUtf8State();
    return (bytes, last) => utf8Decode(bytes, state, { fatal, last });
  }
  if (encoding === "x-user-defined") return userDefinedText;
  const upper = upperHalf(encoding);
  if (upper !== undefined) return (bytes) => singleByteText(bytes, { encoding, upper, fatal });
  const decoder = encoding.startsWith("utf-16")
    ? new Utf16Decoder(encoding, fatal)
    : new (require("./multiByte.ts").MultiByteDecoder)(encoding, fatal);
  return (bytes, last) => decoder.decode(bytes, last);
}
