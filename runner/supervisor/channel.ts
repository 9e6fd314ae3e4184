import type { Socket } from "node:net";
import { readJsonLines, sendJsonLine } from "../protocol/jsonLines.ts";

const BEAT_MS = 1_000;
/** Silence after which a peer counts as gone, ms: far above what a busy machine takes from it. */
const SILENT_MS = 10_000;
const LINE_BYTES_MAX = 64 * 1024;
/** What a peer that reads nothing may leave unsent, bytes. */
const UNSENT_BYTES_MAX = 1024 * 1024;

interface ChannelParts<In> {
  readonly socket: Socket;
  /** Turns a line into a message; undefined closes the channel. */
  readonly parse: (line: unknown) => In | undefined;
  readonly heard: (message: In) => void;
  /** Called once. */
  readonly closed: () => void;
  /** Silence that ends the channel, ms; 10 s. */
  readonly silentMs?: number;
}

/** JSON lines in both directions; a peer that says nothing for 10 s, or reads nothing, is let go. */
export class Channel<In, Out extends { readonly type: string }> {
  readonly #socket: Socket;
  #heardMs = performance.now();

  constructor({ socket, parse, heard, closed, silentMs = SILENT_MS }: ChannelParts<In>) {
    this.#socket = socket;
    readJsonLines(socket, LINE_BYTES_MAX, (line) => {
      this.#heardMs = performance.now();
      const message = parse(line);
      if (message === undefined) socket.destroy();
      else heard(message);
    });
    const beats = setInterval(
      () => {
        if (performance.now() - this.#heardMs > silentMs) socket.destroy();
        else this.#write({ type: "beat" });
      },
      Math.min(BEAT_MS, silentMs / 4),
    );
    socket.on("error", () => {});
    socket.once("close", () => {
      clearInterval(beats);
      closed();
    });
    socket.once("end", () => socket.destroy());
  }

  send(message: Out): void {
    this.#write(message);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(message: { readonly type: string }): void {
    if (this.#socket.writableLength > UNSENT_BYTES_MAX) this.#socket.destroy();
    else sendJsonLine(this.#socket, message);
  }
}
