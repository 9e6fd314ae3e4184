import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  type Gzip,
} from "node:zlib";
import { type JobRequest, STEP_BYTES } from "../hostPort.ts";

const OPTIONS = { chunkSize: STEP_BYTES, rejectGarbageAfterEnd: true };

/** Of what Brotli can do, the part that costs about as much time as gzip, and a window of 256 KB. */
const BROTLI_PARAMS = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 18 };

const CODECS = {
  compress: {
    brotli: () => createBrotliCompress({ ...OPTIONS, params: BROTLI_PARAMS }),
    gzip: () => createGzip(OPTIONS),
    deflate: () => createDeflate(OPTIONS),
    "deflate-raw": () => createDeflateRaw(OPTIONS),
  },
  decompress: {
    brotli: () => createBrotliDecompress(OPTIONS),
    gzip: () => createGunzip(OPTIONS),
    deflate: () => createInflate(OPTIONS),
    "deflate-raw": () => createInflateRaw(OPTIONS),
  },
} as const;

type CodecJob = Extract<JobRequest, { op: "codec" }>;

const ZLIB_BYTES = 270 * 1024;
const BROTLI_COMPRESS_BYTES = 4 * 1024 * 1024;

/** The most that a stream holds, bytes. A Brotli decoder's window is what the data say: 1 KB to 16 MB. @param first its first input */
export function codecBytes({ mode, format }: Pick<CodecJob, "mode" | "format">, first: Buffer): number {
  if (format !== "brotli") return ZLIB_BYTES;
  return mode === "compress" ? BROTLI_COMPRESS_BYTES : ZLIB_BYTES + 2 ** windowBits(first[0]);
}

/** RFC 7932, section 9.1. Of what is no window here, and of a byte that is still to come, the largest. */
function windowBits(byte: number | undefined): number {
  if (byte === undefined) return 24;
  if ((byte & 1) === 0) return 16;
  if ((byte >> 1) & 7) return 17 + ((byte >> 1) & 7);
  const bits = (byte >> 4) & 7;
  if (bits === 0) return 17;
  return bits === 1 ? 24 : 8 + bits;
}

export interface CodecStep {
  readonly output: Buffer;
  /** The input is used up: the next step may bring more. */
  readonly fed: boolean;
  readonly ended: boolean;
}

export function isCodec(mode: unknown, format: unknown): boolean {
  return typeof mode === "string" && Object.hasOwn(CODECS, mode) && Object.hasOwn(CODECS.compress, `${format}`);
}

/**
 * A compression stream that works only while a step is waited for, and gives at most {@link STEP_BYTES} in each: zlib goes on as
 * soon as its output is read, so the output of a step is read when the next one begins.
 */
export class Codec {
  readonly #stream: Gzip;
  #writing = false;
  #ended = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(mode: CodecJob["mode"], format: CodecJob["format"]) {
    this.#stream = CODECS[mode][format]() as Gzip;
    this.#stream.on("readable", () => {
      // Nothing to read but the end, which is told to those who try.
      if (this.#stream.readableLength === 0) this.#stream.read();
      this.#wake();
    });
    this.#stream.on("end", () => {
      this.#ended = true;
      this.#wake();
    });
    this.#stream.on("close", () => {
      this.#error ??= this.#ended ? undefined : new Error("the stream was closed");
      this.#wake();
    });
    this.#stream.on("error", (error) => {
      this.#error = error;
      this.#wake();
    });
  }

  /** @throws Error when the data are not what the format says. */
  async step(input: Buffer | undefined, last: boolean): Promise<CodecStep> {
    const stream = this.#stream;
    const earlier = stream.read() as Buffer | null;
    if (input !== undefined && input.length > 0) {
      this.#writing = true;
      stream.write(input, () => {
        this.#writing = false;
        this.#wake();
      });
    }
    if (last && !stream.writableEnded) {
      this.#writing = true;
      stream.end(() => {
        this.#writing = false;
        this.#wake();
      });
    }
    while (!this.#isResting()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#error !== undefined) throw this.#error;
    return {
      output: earlier ?? Buffer.alloc(0),
      fed: !this.#writing && stream.readableLength === 0,
      ended: this.#ended,
    };
  }

  #isResting(): boolean {
    const { readableLength, readableHighWaterMark, writableEnded } = this.#stream;
    if (this.#ended || this.#error !== undefined || readableLength >= readableHighWaterMark) return true;
    // After the last input there is output, or the end is about to be told.
    return !this.#writing && (readableLength > 0 || !writableEnded);
  }

  close(): void {
    this.#stream.destroy();
  }
}
