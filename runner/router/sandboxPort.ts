import { createServer, type Server } from "node:net";
import { Channel } from "../supervisor/channel.ts";
import {
  asToRouter,
  type Death,
  type Layers,
  type LinesDropped,
  type ToRouter,
  type ToSupervisor,
} from "../supervisor/messages.ts";

interface SandboxPortEvents {
  death(death: Death): void;
  /** Layers that hold the workers; null when their supervisor is not connected. */
  layers(layers: Layers | null): void;
  linesDropped(dropped: LinesDropped): void;
}

/**
 * Where the supervisor of the workers speaks to the router. Private slots are wished for: the whole wish is told at every
 * change and to every supervisor that comes, so none is forgotten when either side starts anew.
 */
export class SandboxPort {
  readonly server: Server;
  readonly #events: SandboxPortEvents;
  readonly #wanted = new Set<number>();
  #channel: Channel<ToRouter, ToSupervisor> | undefined;
  #layers: Layers | null = null;

  constructor(events: SandboxPortEvents) {
    this.#events = events;
    this.server = createServer((socket) => this.#accept(socket));
  }

  /** Layers that hold the workers; null while their supervisor is not connected. */
  get layers(): Layers | null {
    return this.#layers;
  }

  /** The slot shall have a process until `stopPrivate`; it attaches when it is up. */
  startPrivate(slot: number): void {
    this.#wanted.add(slot);
    this.#wish();
  }

  stopPrivate(slot: number): void {
    if (this.#wanted.delete(slot)) this.#wish();
  }

  #wish(): void {
    this.#channel?.send({ type: "private", slots: [...this.#wanted] });
  }

  /** The newest supervisor counts: one that is connected already is half dead, or about to go. */
  #accept(socket: ConstructorParameters<typeof Channel>[0]["socket"]): void {
    this.#channel?.close();
    const channel: Channel<ToRouter, ToSupervisor> = new Channel({
      socket,
      parse: asToRouter,
      heard: (message) => {
        if (this.#channel === channel) this.#hear(message);
      },
      closed: () => {
        if (this.#channel !== channel) return;
        this.#channel = undefined;
        this.#takeLayers(null);
      },
    });
    this.#channel = channel;
    this.#wish();
  }

  #hear(message: ToRouter): void {
    if (message.type === "death") {
      const { process, slot, cause } = message;
      this.#events.death({ process, slot, cause });
    } else if (message.type === "layers") this.#takeLayers(message.layers);
    else if (message.type === "linesDropped") this.#events.linesDropped({ lines: message.lines });
  }

  #takeLayers(layers: Layers | null): void {
    this.#layers = layers;
    this.#events.layers(layers);
  }
}
