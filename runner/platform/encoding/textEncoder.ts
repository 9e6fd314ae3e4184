import { utf8Encode, utf8EncodeInto } from "../encoding.ts";
import { defineInterface, isBytes, needArguments, toUsvString } from "../webidl.ts";

let checkBrand: (encoder: TextEncoder) => void;

/** The Encoding Standard's TextEncoder. */
export class TextEncoder {
  /** Marks what is one. */
  readonly #encoding = "utf-8";

  static {
    checkBrand = (encoder) => void encoder.#encoding;
  }

  get encoding(): string {
    return this.#encoding;
  }

  encode(input: unknown = ""): Uint8Array<ArrayBuffer> {
    checkBrand(this);
    const bytes = utf8Encode(toUsvString(input));
    return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
  }

  encodeInto(source: unknown, destination: unknown): { read: number; written: number } {
    checkBrand(this);
    needArguments(arguments.length, 2, "encodeInto");
    const text = toUsvString(source);
    if (!isBytes(destination)) throw new TypeError("encodeInto writes into a Uint8Array");
    return utf8EncodeInto(text, destination);
  }
}

defineInterface(TextEncoder, "TextEncoder");
