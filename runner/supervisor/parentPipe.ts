import { Socket } from "node:net";

/** File descriptor on which every child of the supervisor has its pipe. */
export const PARENT_FD = 3;

/** What the supervisor tells a child. */
export type ToChild =
  | { readonly type: "start"; readonly config: unknown }
  | { readonly type: "death"; readonly process: string; readonly cause: string };

/** What a child tells the supervisor. */
export type ToParent = { readonly type: "beat" } | { readonly type: "ready" };

const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** JSON lines from one end of a pipe; a line that never ends closes it. */
export function readJsonLines<T>(socket: Socket, heard: (message: T) => void): void {
  let held: Buffer[] = [];
  let size = 0;
  socket.on("data", (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = Buffer.concat([...held, rest.subarray(0, end)]).toString("utf8");
      held = [];
      size = 0;
      rest = rest.subarray(end + 1);
      heard(JSON.parse(line) as T);
    }
    held.push(rest);
    size += rest.length;
    if (size > LINE_BYTES_MAX) socket.destroy();
  });
}

export function sendJsonLine(socket: Socket, message: ToChild | ToParent): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** A child's end of its pipe. When the supervisor is gone, however it went, the child goes too. */
export class ParentPipe<Config> {
  readonly #socket = new Socket({ fd: PARENT_FD });
  /** What the supervisor gives this process to work with. */
  readonly config: Promise<Config>;

  constructor(heard: (message: ToChild) => void = () => {}) {
    this.#socket.on("error", () => process.exit(0));
    this.#socket.on("close", () => process.exit(0));
    this.config = new Promise((resolve) => {
      readJsonLines<ToChild>(this.#socket, (message) => {
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
