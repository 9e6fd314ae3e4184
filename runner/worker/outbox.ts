import { type HostBody, TO_HOST } from "./isolatePort.ts";

type Tell = (kind: number, call: number, id: number, text: string, body: HostBody) => void;

/**
 * What an isolate tells its host. During an entry on the host's own thread it is kept until the entry is over: nothing of an
 * entry that is stopped has happened, so that its request can be run again.
 */
export class Outbox {
  readonly #tell: Tell;
  #kept: Parameters<Tell>[] | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  hear(...said: Parameters<Tell>): void {
    // What was logged stays true of an entry that was stopped.
    if (this.#kept === undefined || said[0] === TO_HOST.log) this.#tell(...said);
    else this.#kept.push(said);
  }

  keep(): void {
    this.#kept = [];
  }

  drop(): void {
    this.#kept = undefined;
  }

  /** The entry is over: tells what it said. @returns what a message was refused with */
  send(): { readonly error: unknown } | undefined {
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    let refused: { readonly error: unknown } | undefined;
    for (const said of kept) {
      try {
        this.#tell(...said);
      } catch (error) {
        refused ??= { error };
      }
    }
    return refused;
  }
}
