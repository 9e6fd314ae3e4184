import { freeBytes } from "./freeBytes.ts";
import { type Frame, KIND_CODES, type Kind, type Messages } from "./messages.ts";

/** `u32 length | u8 kind | u32 id | u32 metaLength | meta (JSON) | body`; the length counts what follows it. */
const LENGTH_BYTES = 4;
const HEAD_BYTES = 1 + 4 + 4;

/** Largest frame: the modules of the largest function (100 MB), and room for what is beside them. Bodies that are larger than a window travel in parts. */
export const FRAME_BYTES_MAX = 104 * 1024 * 1024;

const KINDS = new Map(Object.entries(KIND_CODES).map(([kind, code]) => [code, kind as Kind]));
const NO_BYTES = Buffer.alloc(0);

/** The peer speaks something else, or lies about lengths; the connection cannot be used any more. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** @throws ProtocolError when the frame would be over {@link FRAME_BYTES_MAX}. */
export function encodeFrame<K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array): Uint8Array[] {
  const json = JSON.stringify(meta);
  const metaBytes = Buffer.byteLength(json);
  const length = HEAD_BYTES + metaBytes + (body?.length ?? 0);
  if (length > FRAME_BYTES_MAX) {
    throw new ProtocolError(`a ${kind} frame of ${length} bytes is over the ceiling of ${FRAME_BYTES_MAX}`);
  }
  const head = Buffer.allocUnsafe(LENGTH_BYTES + HEAD_BYTES + metaBytes);
  head.writeUInt32BE(length, 0);
  head.writeUInt8(KIND_CODES[kind], 4);
  head.writeUInt32BE(id, 5);
  head.writeUInt32BE(metaBytes, 9);
  head.write(json, 13, "utf8");
  return body === undefined || body.length === 0 ? [head] : [head, body];
}

/** Bytes in, frames out. Holds what is left of a cut frame until the rest comes; what comes in is its own from then on. */
export class FrameDecoder {
  #chunks: Buffer[] = [];
  /** What the first chunk is the rest of. */
  #cut: Buffer | undefined;
  #held = 0;
  /** Bytes needed before looking again. */
  #wanted = LENGTH_BYTES;
  readonly #maxBytes: number;

  constructor(maxBytes = FRAME_BYTES_MAX) {
    this.#maxBytes = maxBytes;
  }

  /** @throws ProtocolError at the first byte that cannot be right. */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: Frame[] = [];
    if (this.#held < this.#wanted) return frames;
    const bytes = this.#chunks.length === 1 ? chunk : this.#joined();
    let offset = 0;
    for (;;) {
      const left = bytes.length - offset;
      if (left < LENGTH_BYTES) {
        this.#wanted = LENGTH_BYTES;
        break;
      }
      const length = bytes.readUInt32BE(offset);
      if (length < HEAD_BYTES || length > this.#maxBytes) {
        throw new ProtocolError(`a frame length of ${length} is not between ${HEAD_BYTES} and ${this.#maxBytes}`);
      }
      if (left < LENGTH_BYTES + length) {
        this.#wanted = LENGTH_BYTES + length;
        break;
      }
      frames.push(decodeFrame(bytes.subarray(offset + LENGTH_BYTES, offset + LENGTH_BYTES + length)));
      offset += LENGTH_BYTES + length;
    }
    this.#held = bytes.length - offset;
    this.#chunks = this.#held === 0 ? [] : [bytes.subarray(offset)];
    this.#cut = this.#held === 0 ? undefined : bytes;
    // Frames hold copies of what was in it.
    if (this.#held === 0) freeBytes(bytes);
    return frames;
  }

  #joined(): Buffer {
    const joined = Buffer.concat(this.#chunks, this.#held);
    for (const chunk of this.#chunks) freeBytes(chunk);
    if (this.#cut !== undefined) freeBytes(this.#cut);
    return joined;
  }
}

function decodeFrame(bytes: Buffer): Frame {
  const kind = KINDS.get(bytes.readUInt8(0));
  if (kind === undefined) throw new ProtocolError(`unknown frame kind ${bytes.readUInt8(0)}`);
  const metaBytes = bytes.readUInt32BE(5);
  if (metaBytes > bytes.length - HEAD_BYTES) {
    throw new ProtocolError(`a ${kind} frame of ${bytes.length} bytes claims ${metaBytes} bytes of JSON`);
  }
  const bodyAt = HEAD_BYTES + metaBytes;
  let meta: unknown;
  try {
    meta = JSON.parse(bytes.toString("utf8", HEAD_BYTES, bodyAt));
  } catch (cause) {
    throw new ProtocolError(`a ${kind} frame has a head that is not JSON`, { cause });
  }
  // Copied, so that a small body does not keep a whole read alive.
  const body = bodyAt === bytes.length ? NO_BYTES : Buffer.from(bytes.subarray(bodyAt));
  return { kind, id: bytes.readUInt32BE(1), meta, body } as Frame;
}
