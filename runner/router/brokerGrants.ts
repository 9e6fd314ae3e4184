import { connectWithRetry } from "../protocol/connect.ts";
import { Link } from "../protocol/link.ts";
import type { BindingFigures, EgressFigures, EgressGrant } from "../protocol/messages.ts";

/** How long one attempt to reach the broker goes on before the next, ms. */
const CONNECT_WITHIN_MS = 5_000;
/** Work given to waitUntil may go on for so long after a function was taken out of a worker, ms. */
export const GOES_ON_MS = 31_000;

interface GrantLinkParts {
  readonly socket: string;
  readonly token: string;
  /** What sub-requests came to, by function. */
  figures(functions: readonly EgressFigures[]): void;
  /** What operations of bindings came to, by function and kind. */
  bindingFigures(kinds: readonly BindingFigures[]): void;
}

interface Given {
  readonly key: number;
  readonly grant: EgressGrant;
  release: NodeJS.Timeout | undefined;
}

/**
 * What the router has granted, told to the broker: which worker slot may make sub-requests for which function. A broker that was
 * started again is told everything.
 */
export class BrokerGrants {
  readonly #parts: GrantLinkParts;
  readonly #given = new Map<string, Given>();
  #link: Link | undefined;

  constructor(parts: GrantLinkParts) {
    this.#parts = parts;
    void this.#connect();
  }

  /** Called before the function is given to the worker. */
  grant(key: number, grant: EgressGrant): void {
    this.#forget(key, grant.slot);
    this.#given.set(place(key, grant.slot), { key, grant, release: undefined });
    this.#link?.send("grant", key, grant);
    this.#link?.flush();
  }

  /** The worker runs no new requests of the function. */
  release(key: number, slot: number): void {
    const given = this.#given.get(place(key, slot));
    if (given === undefined) return;
    given.release ??= setTimeout(() => this.#revoke(key, slot), GOES_ON_MS).unref();
  }

  /** The slot's worker is gone. */
  revokeSlot(slot: number): void {
    for (const { key, grant } of [...this.#given.values()]) if (grant.slot === slot) this.#revoke(key, slot);
  }

  #revoke(key: number, slot: number): void {
    if (this.#forget(key, slot)) this.#link?.send("revoke", key, { slot });
  }

  #forget(key: number, slot: number): boolean {
    clearTimeout(this.#given.get(place(key, slot))?.release);
    return this.#given.delete(place(key, slot));
  }

  async #connect(): Promise<void> {
    const { socket: path, token, figures, bindingFigures } = this.#parts;
    for (;;) {
      try {
        const socket = await connectWithRetry(path, CONNECT_WITHIN_MS);
        const link = new Link(socket, {
          frame: (frame) => {
            if (frame.kind === "egressFigures") figures(frame.meta.functions);
            else if (frame.kind === "bindingFigures") bindingFigures(frame.meta.kinds);
          },
          closed: () => {
            this.#link = undefined;
            void this.#connect();
          },
        });
        this.#link = link;
        link.send("grantHello", 0, { token });
        for (const { key, grant } of this.#given.values()) link.send("grant", key, grant);
        link.flush();
        return;
      } catch {
        // The supervisor starts the broker again; until then nobody has a way out anyhow.
      }
    }
  }
}

function place(key: number, slot: number): string {
  return `${slot} ${key}`;
}
