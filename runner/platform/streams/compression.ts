import { CODEC_FORMATS, type CodecRequest, type JobResult, STEP_BYTES } from "../../worker/hostPort.ts";
import { TO_HOST } from "../../worker/isolatePort.ts";
import { bytesOf } from "../encoding.ts";
import { callNow, host } from "../host.ts";
import { JobError, job } from "../jobs.ts";
import { defineInterface, toEnum } from "../webidl.ts";
import { type Pair, streams } from "./streams.ts";

let lastCodec = 0;

function codecStep(
  request: CodecRequest,
  piece: ArrayBuffer,
): Promise<{ result: JobResult; output: Uint8Array<ArrayBuffer> }> {
  return new Promise((resolve, reject) => {
    job(request, piece, { done: (result, output) => resolve({ result, output }), failed: reject });
  });
}

/** A stream whose bytes are worked on outside of the isolate, no further ahead than its reader asks for. */
function codecPair(mode: CodecRequest["mode"], given: unknown): Pair {
  const format = toEnum(given, CODEC_FORMATS, "The format");
  const { ReadableStream, WritableStream } = streams();
  const codec = ++lastCodec;
  let reader!: ReadableStreamDefaultController<Uint8Array>;
  let writer!: WritableStreamDefaultController;
  let isWanted = false;
  let wanted = () => {};
  let isOpen = false;
  let isOver = false;

  const over = () => {
    if (isOver) return;
    isOver = true;
    if (isOpen) host().send(TO_HOST.codecEnd, callNow(), codec, "");
    wanted();
  };
  const untilWanted = async () => {
    while (!isWanted && !isOver) {
      await new Promise<void>((resolve) => {
        wanted = resolve;
      });
    }
  };
  /** One piece of input; its output goes out as far as the reader wants it. */
  const step = async (input: Uint8Array<ArrayBuffer>, last: boolean) => {
    for (let fresh = true; !isOver; fresh = false) {
      await untilWanted();
      if (isOver) return;
      const piece = fresh ? input.slice().buffer : new ArrayBuffer(0);
      const first = !isOpen;
      isOpen = true;
      const { result, output } = await codecStep({ op: "codec", codec, mode, format, first, last }, piece);
      if (output.length > 0 && !isOver) {
        isWanted = false;
        reader.enqueue(output);
      }
      if (last ? result.ended : result.fed) return;
    }
  };
  const run = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      const told = error instanceof JobError ? new TypeError(error.message) : error;
      over();
      reader.error(told);
      throw told;
    }
  };

  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        reader = controller as unknown as ReadableStreamDefaultController<Uint8Array>;
      },
      pull() {
        isWanted = true;
        wanted();
      },
      cancel(reason) {
        over();
        writer.error(reason);
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream(
    {
      start(controller) {
        writer = controller as unknown as WritableStreamDefaultController;
      },
      write: (chunk) =>
        run(async () => {
          const bytes = bytesOf(chunk);
          if (bytes === undefined) throw new TypeError("A chunk must be an ArrayBuffer or a view of one");
          for (let at = 0; at < bytes.length; at += STEP_BYTES) {
            await step(bytes.subarray(at, at + STEP_BYTES) as Uint8Array<ArrayBuffer>, false);
          }
        }),
      close: () =>
        run(async () => {
          await step(new Uint8Array(0), true);
          if (isOver) return;
          isOver = true;
          reader.close();
        }),
      abort(reason) {
        over();
        reader.error(reason);
      },
    },
    { highWaterMark: 1 },
  );
  return { readable, writable } as unknown as Pair;
}

export class CompressionStream {
  readonly #pair: Pair;
  constructor(format: unknown) {
    this.#pair = codecPair("compress", format);
  }
  get readable(): ReadableStream {
    return this.#pair.readable;
  }
  get writable(): WritableStream {
    return this.#pair.writable;
  }
}
defineInterface(CompressionStream, "CompressionStream");

export class DecompressionStream {
  readonly #pair: Pair;
  constructor(format: unknown) {
    this.#pair = codecPair("decompress", format);
  }
  get readable(): ReadableStream {
    return this.#pair.readable;
  }
  get writable(): WritableStream {
    return this.#pair.writable;
  }
}
defineInterface(DecompressionStream, "DecompressionStream");
