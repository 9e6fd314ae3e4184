import { connect } from "node:net";
import { Channel } from "./channel.ts";
import { asToSupervisor, type Death, type Layers, type ToRouter, type ToSupervisor } from "./messages.ts";

const RETRY_MS = 100;
/** Deaths that wait for a router that is away; older ones are dropped. */
const UNTOLD_MAX = 256;

interface RouterConnectionParts {
  readonly path: string;
  readonly layers: Layers;
  /** The private slots that shall have a process: none while there is no router to ask for them. */
  readonly privateSlots: (slots: readonly number[]) => void;
  readonly silentMs?: number;
}

/** The workers' supervisor's way to the router: it is looked for until it is there, and again whenever it went. */
export class RouterConnection {
  readonly #parts: RouterConnectionParts;
  #channel: Channel<ToSupervisor, ToRouter> | undefined;
  #untold: Death[] = [];
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: RouterConnectionParts) {
    this.#parts = parts;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#channel !== undefined;
  }

  tell(death: Death): void {
    if (this.#channel !== undefined) this.#channel.send({ type: "death", ...death });
    else this.#untold = [...this.#untold, death].slice(-UNTOLD_MAX);
  }

  /** @returns whether the router was there to hear it. */
  tellDropped(lines: number): boolean {
    this.#channel?.send({ type: "linesDropped", lines });
    return this.isOpen;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#channel?.close();
  }

  #connect(): void {
    const { path, layers, privateSlots, silentMs } = this.#parts;
    const socket = connect(path);
    socket.once("connect", () => {
      const channel: Channel<ToSupervisor, ToRouter> = new Channel({
        socket,
        parse: asToSupervisor,
        heard: (message) => {
          if (message.type === "private") privateSlots(message.slots);
        },
        closed: () => {
          this.#channel = undefined;
          privateSlots([]);
          this.#later();
        },
        ...(silentMs === undefined ? {} : { silentMs }),
      });
      this.#channel = channel;
      channel.send({ type: "layers", layers });
      for (const death of this.#untold) channel.send({ type: "death", ...death });
      this.#untold = [];
    });
    socket.once("error", () => {
      if (this.#channel === undefined) this.#later();
    });
  }

  #later(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }
}
