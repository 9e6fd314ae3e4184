import type { Socket } from "node:net";
import { encodeFrame, FrameDecoder } from "./codec.ts";
import type { Frame, Kind, Messages } from "./messages.ts";

interface LinkHandlers {
  frame(frame: Frame): void;
  /** Called once, when the peer is gone or has sent nonsense. */
  closed(reason: string): void;
}

/** Frames over one socket. What is sent in one turn of the event loop goes out in one write. */
export class Link {
  readonly #socket: Socket;
  #pending: Uint8Array[] = [];
  #scheduled = false;
  #closed = false;

  constructor(socket: Socket, handlers: LinkHandlers) {
    this.#socket = socket;
    const decoder = new FrameDecoder();
    const close = (reason: string) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#pending = [];
      socket.destroy();
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

  /** Hands what is pending to the kernel now, as far as it takes it. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#pending.length === 0) return;
    const pending = this.#pending;
    this.#pending = [];
    const [only] = pending;
    this.#socket.write(pending.length === 1 && only !== undefined ? only : Buffer.concat(pending));
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
