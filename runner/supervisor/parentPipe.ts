import { Socket } from "node:net";
import { readJsonLines, sendJsonLine } from "../protocol/jsonLines.ts";
import type { Death, LinesDropped } from "./messages.ts";

/** File descriptor on which every child of the supervisor has its pipe. */
export const PARENT_FD = 3;

/** What the supervisor tells a child. */
export type ToChild =
  | { readonly type: "start"; readonly config: unknown }
  | ({ readonly type: "death" } & Death)
  | ({ readonly type: "linesDropped" } & LinesDropped);

/** What a child tells the supervisor. */
export type ToParent = { readonly type: "beat" } | { readonly type: "ready" };

/** The platform's script travels in the first line. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** A child's end of its pipe. When the supervisor is gone, however it went, the child goes too. */
export class ParentPipe<Config> {
  readonly #socket = new Socket({ fd: PARENT_FD });
  /** What the supervisor gives this process to work with. */
  readonly config: Promise<Config>;

  constructor(heard: (message: ToChild) => void = () => {}) {
    // Ctrl-C at a terminal goes to the whole session: the supervisor says when a child ends.
    process.on("SIGINT", () => {});
    this.#socket.on("error", () => process.exit(0));
    this.#socket.on("close", () => process.exit(0));
    this.config = new Promise((resolve) => {
      readJsonLines(this.#socket, LINE_BYTES_MAX, (line) => {
        const message = line as ToChild;
        if (message.type === "start") resolve(message.config as Config);
        else heard(message);
      });
    });
  }

  /** Tells every so often that the event loop turns. */
  beatEvery(intervalMs: number): void {
    setInterval(() => this.send({ type: "beat" }), intervalMs);
  }

  send(message: ToParent): void {
    sendJsonLine(this.#socket, message);
  }
}
