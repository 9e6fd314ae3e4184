import { connectWithRetry } from "../protocol/connect.ts";
import { ReceiveWindow } from "../protocol/credit.ts";
import { Link } from "../protocol/link.ts";
import type { Frame, SubRequestHead, SubResponseHead } from "../protocol/messages.ts";
import { TO_ISOLATE } from "./isolatePort.ts";
import type { Sandbox } from "./sandbox.ts";

/** How long a sub-request waits for a broker that is being restarted, ms. */
const RECONNECT_MS = 5_000;

interface Owner {
  readonly sandbox: Sandbox;
  readonly call: number;
  readonly id: number;
}

/** A response on its way in parts. */
interface Incoming {
  readonly head: SubResponseHead;
  readonly parts: Buffer[];
  readonly window: ReceiveWindow;
}

/** Sub-requests on their way through the broker, and who waits for each. */
export class BrokerClient {
  readonly #path: string;
  readonly #owners = new Map<number, Owner>();
  readonly #incoming = new Map<number, Incoming>();
  #link: Link | undefined;
  #connecting: Promise<void> | undefined;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async fetch(head: SubRequestHead & { readonly key: number }, body: Buffer | undefined, owner: Owner): Promise<void> {
    this.#lastId = (this.#lastId % 0xffffffff) + 1;
    const id = this.#lastId;
    this.#owners.set(id, owner);
    try {
      if (this.#link === undefined) await this.#connect();
    } catch {
      this.#settle(id, { message: "fetch failed: the node's way out is away" });
      return;
    }
    if (this.#owners.has(id)) this.#link?.send("fetch", id, head, body);
  }

  cancel(owner: { sandbox: Sandbox; id: number }): void {
    for (const [id, found] of this.#owners) {
      if (found.sandbox !== owner.sandbox || found.id !== owner.id) continue;
      this.#owners.delete(id);
      this.#link?.send("fetchCancel", id, null);
    }
  }

  #connect(): Promise<void> {
    this.#connecting ??= connectWithRetry(this.#path, RECONNECT_MS)
      .then((socket) => {
        this.#link = new Link(socket, { frame: (frame) => this.#hear(frame), closed: () => this.#closed() });
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    return this.#connecting;
  }

  #closed(): void {
    this.#link = undefined;
    for (const id of [...this.#owners.keys()])
      this.#settle(id, { message: "fetch failed: the node's way out went away" });
  }

  #hear(frame: Frame): void {
    const { id } = frame;
    const incoming = this.#incoming.get(id);
    switch (frame.kind) {
      case "fetched":
        if (frame.meta.streams === undefined) this.#settle(id, { head: frame.meta, body: frame.body });
        else this.#incoming.set(id, { head: frame.meta, parts: [], window: new ReceiveWindow() });
        return;
      case "fetchFailed":
      case "partFailed":
        this.#settle(id, { message: frame.meta.message });
        return;
      case "part": {
        incoming?.parts.push(frame.body);
        const bytes = incoming?.window.consume(frame.body.length) ?? 0;
        if (bytes > 0) this.#link?.send("credit", id, { bytes });
        return;
      }
      case "partEnd":
        if (incoming !== undefined) this.#settle(id, { head: incoming.head, body: Buffer.concat(incoming.parts) });
        return;
    }
  }

  #settle(id: number, result: { message: string } | { head: SubResponseHead; body: Buffer }): void {
    this.#incoming.delete(id);
    const owner = this.#owners.get(id);
    if (owner === undefined) return;
    this.#owners.delete(id);
    if ("message" in result) owner.sandbox.enter(TO_ISOLATE.fetchFailed, owner.call, owner.id, result.message);
    else owner.sandbox.enter(TO_ISOLATE.fetched, owner.call, owner.id, JSON.stringify(result.head), result.body);
  }
}
