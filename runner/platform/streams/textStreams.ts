import { TextDecoder } from "../encoding/textDecoder.ts";
import { bytesOf, utf8Encode } from "../encoding.ts";
import { charCodeAt, sliceText } from "../primordials.ts";
import { defineInterface, toDictionary } from "../webidl.ts";
import { type Pair, streams } from "./streams.ts";

let checkBrand: (stream: TextEncoderStream) => void;

/** Text to UTF-8. The first half of a pair waits for the second, which may come with the next chunk. */
export class TextEncoderStream {
  readonly #pair: Pair;

  static {
    checkBrand = (stream) => void stream.#pair;
  }

  constructor() {
    const { TransformStream } = streams();
    let half = "";
    this.#pair = new TransformStream<unknown, Uint8Array>({
      transform(chunk, controller) {
        const text = `${half}${chunk}`;
        const isCut = (charCodeAt(text, text.length - 1) & 0xfc00) === 0xd800;
        half = isCut ? sliceText(text, text.length - 1) : "";
        const bytes = utf8Encode(isCut ? sliceText(text, 0, text.length - 1) : text);
        if (bytes.length > 0) controller.enqueue(bytes);
      },
      flush(controller) {
        if (half !== "") controller.enqueue(utf8Encode(half));
      },
    }) as unknown as Pair;
  }

  get encoding(): string {
    checkBrand(this);
    return "utf-8";
  }
  get readable(): ReadableStream {
    return this.#pair.readable;
  }
  get writable(): WritableStream {
    return this.#pair.writable;
  }
}
defineInterface(TextEncoderStream, "TextEncoderStream");

/** Bytes to text, in the encodings of `TextDecoder`. */
export class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly #pair: Pair;

  constructor(label: unknown = "utf-8", options: unknown = undefined) {
    const decoder = new TextDecoder(label, toDictionary(options, "The options of a TextDecoderStream"));
    const { TransformStream } = streams();
    const enqueue = (text: string, controller: { enqueue(text: string): void }) => {
      if (text !== "") controller.enqueue(text);
    };
    this.#decoder = decoder;
    this.#pair = new TransformStream<unknown, string>({
      transform(chunk, controller) {
        const bytes = bytesOf(chunk);
        if (bytes === undefined) throw new TypeError("A chunk must be an ArrayBuffer or a view of one");
        enqueue(decoder.decode(bytes, { stream: true }), controller);
      },
      flush(controller) {
        enqueue(decoder.decode(), controller);
      },
    }) as unknown as Pair;
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }
  get fatal(): boolean {
    return this.#decoder.fatal;
  }
  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }
  get readable(): ReadableStream {
    return this.#pair.readable;
  }
  get writable(): WritableStream {
    return this.#pair.writable;
  }
}
defineInterface(TextDecoderStream, "TextDecoderStream");
