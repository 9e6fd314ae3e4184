import type { Socket } from "node:net";
import { encodeFrame, FRAME_BYTES_MAX, FrameDecoder } from "./codec.ts";
import { freeBytes } from "./freeBytes.ts";
import type { Frame, Kind, Messages } from "./messages.ts";

interface LinkHandlers {
  frame(frame: Frame): void;
  /** Called once, when the peer is gone or has sent nonsense. */
  closed(reason: string): void;
}

export interface LinkBounds {
  /** Largest frame that the peer may send, bytes; {@link FRAME_BYTES_MAX}. */
  readonly maxFrameBytes?: number;
  /** What a peer that reads nothing may leave unsent, bytes; more ends the link. Default: no bound. */
  readonly unsentBytesMax?: number;
}

/** Smaller pieces of a turn's frames are copied into one write; a larger one goes out as it is, bytes. */
const LARGE_BYTES = 16 * 1024;
const NO_BYTES = new Uint8Array(0);

/** Frames over one socket. What is sent in one turn of the event loop goes out in one write. */
export class Link {
  readonly #socket: Socket;
  #pending: Uint8Array[] = [];
  /** Of what is pending. */
  #owned = new Set<Uint8Array>();
  /** Told once what is pending now is the kernel's. */
  #written: (() => void)[] = [];
  #scheduled = false;
  #closed = false;
  readonly #unsentBytesMax: number;

  constructor(
    socket: Socket,
    handlers: LinkHandlers,
    { maxFrameBytes = FRAME_BYTES_MAX, unsentBytesMax = Number.POSITIVE_INFINITY }: LinkBounds = {},
  ) {
    this.#socket = socket;
    this.#unsentBytesMax = unsentBytesMax;
    const decoder = new FrameDecoder(maxFrameBytes);
    const close = (reason: string) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#pending = [];
      this.#owned.clear();
      socket.destroy();
      for (const tell of this.#written.splice(0)) tell();
      handlers.closed(reason);
    };
    socket.on("data", (chunk: Buffer) => {
      let frames: Frame[];
      try {
        frames = decoder.push(chunk);
      } catch (error) {
        close((error as Error).message);
        return;
      }
      for (const frame of frames) {
        if (this.#closed || socket.destroyed) return;
        handlers.frame(frame);
      }
    });
    socket.on("error", (error) => close(error.message));
    socket.on("close", () => close("the peer closed the connection"));
  }

  /** Frames to a closed peer are dropped: `closed` has told the owner, which answers for what was under way. */
  send<K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array): void {
    if (this.#closed) return;
    this.#pending.push(...encodeFrame(kind, id, meta, body));
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Sends a body that is the link's from then on: once it is written, its memory is free. */
  give<K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array): void {
    if (body !== undefined && !this.#closed) this.#owned.add(body);
    this.send(kind, id, meta, body);
  }

  /** Sends, and settles once the kernel has taken it, or never will. */
  sent<K extends Kind>(kind: K, id: number, meta: Messages[K], body?: Uint8Array): Promise<void> {
    this.send(kind, id, meta, body);
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#written.push(resolve));
  }

  /** Hands what is pending to the kernel now, as far as it takes it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#pending.length === 0) return;
    const pending = this.#pending;
    const owned = this.#owned;
    this.#pending = [];
    if (owned.size > 0) this.#owned = new Set();
    this.#socket.cork();
    let from = 0;
    for (let index = 0; index < pending.length; index++) {
      const bytes = pending[index] as Uint8Array;
      if (bytes.length < LARGE_BYTES) continue;
      this.#write(pending.slice(from, index));
      this.#socket.write(bytes, owned.has(bytes) ? () => freeBytes(bytes) : undefined);
      from = index + 1;
    }
    this.#write(from === 0 ? pending : pending.slice(from));
    if (this.#written.length > 0) {
      const written = this.#written;
      this.#written = [];
      this.#socket.write(NO_BYTES, () => {
        for (const tell of written) tell();
      });
    }
    this.#socket.uncork();
    if (this.#socket.writableLength > this.#unsentBytesMax) this.drop();
  }

  #write(pieces: readonly Uint8Array[]): void {
    const [only] = pieces;
    if (only !== undefined) this.#socket.write(pieces.length === 1 ? only : Buffer.concat(pieces));
  }

  /** Ends it at once, without hearing what the peer still sends; `closed` is called. */
  drop(): void {
    this.#socket.destroy();
  }

  close(): void {
    this.flush();
    this.#socket.end();
  }
}
