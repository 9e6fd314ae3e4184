import { connectWithRetry } from "../protocol/connect.ts";
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

/** Sub-requests on their way through the broker, and who waits for each. */
export class BrokerClient {
  readonly #path: string;
  readonly #owners = new Map<number, Owner>();
  #link: Link | undefined;
  #connecting: Promise<void> | undefined;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async fetch(head: SubRequestHead, body: Buffer | undefined, owner: Owner): Promise<void> {
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
    if (frame.kind === "fetched") this.#settle(frame.id, { head: frame.meta, body: frame.body });
    else if (frame.kind === "fetchFailed") this.#settle(frame.id, { message: frame.meta.message });
  }

  #settle(id: number, result: { message: string } | { head: SubResponseHead; body: Buffer }): void {
    const owner = this.#owners.get(id);
    if (owner === undefined) return;
    this.#owners.delete(id);
    if ("message" in result) owner.sandbox.enter(TO_ISOLATE.fetchFailed, owner.call, owner.id, result.message);
    else owner.sandbox.enter(TO_ISOLATE.fetched, owner.call, owner.id, JSON.stringify(result.head), result.body);
  }
}
