import type { Socket } from "node:net";
import { connectWithRetry } from "../protocol/connect.ts";
import { Link } from "../protocol/link.ts";
import type { BodyFrame, Frame, Messages } from "../protocol/messages.ts";
import { TO_ISOLATE } from "./isolatePort.ts";
import type { Sandbox } from "./sandbox.ts";

/** How long sub-requests wait for a broker that is being restarted, ms. */
const RECONNECT_MS = 5_000;
const RETRY_MS = 20;

/** Who waits for a sub-request. Its id is the isolate's own number of it. */
export interface FetchOwner {
  readonly sandbox: Pick<Sandbox, "enter">;
  readonly call: number;
  readonly id: number;
  /** Counts a redirect. @returns whether it may be followed. */
  mayFollow(): boolean;
}

interface Open extends FetchOwner {
  readonly wireId: number;
  /** Its head is there: parts of its body follow. */
  streams: boolean;
}

type SandboxRef = FetchOwner["sandbox"];

/** Sub-requests on their way through the broker. What is sent while the broker is away waits for it in order. */
export class BrokerClient {
  readonly #path: string;
  readonly #open = new Map<number, Open>();
  readonly #bySandbox = new Map<SandboxRef, Map<number, Open>>();
  #backlog: ((link: Link) => void)[] = [];
  #link: Link | undefined;
  #isConnecting = false;
  #lastId = 0;

  constructor(path: string) {
    this.#path = path;
  }

  fetch(head: Messages["fetch"], body: Buffer | undefined, owner: FetchOwner): void {
    this.#lastId = (this.#lastId % 0xffffffff) + 1;
    const wireId = this.#lastId;
    const open: Open = { ...owner, wireId, streams: false };
    this.#open.set(wireId, open);
    const mine = this.#bySandbox.get(owner.sandbox) ?? new Map<number, Open>();
    this.#bySandbox.set(owner.sandbox, mine.set(owner.id, open));
    this.#send((link) => {
      if (this.#open.has(wireId)) link.send("fetch", wireId, head, body);
    });
  }

  /** A part of a sub-request's body, its end, or credit for its response. */
  body<K extends BodyFrame["kind"]>(
    kind: K,
    owner: Pick<FetchOwner, "sandbox" | "id">,
    meta: Messages[K],
    bytes?: Buffer,
  ) {
    const open = this.#bySandbox.get(owner.sandbox)?.get(owner.id);
    if (open !== undefined) this.#send((link) => link.send(kind, open.wireId, meta, bytes));
  }

  cancel(owner: Pick<FetchOwner, "sandbox" | "id">): void {
    const open = this.#bySandbox.get(owner.sandbox)?.get(owner.id);
    if (open === undefined) return;
    this.#forget(open);
    this.#link?.send("fetchCancel", open.wireId, null);
  }

  /** The request is over, and so are its sub-requests. */
  endCall(sandbox: SandboxRef, call: number): void {
    for (const open of [...(this.#bySandbox.get(sandbox)?.values() ?? [])]) if (open.call === call) this.cancel(open);
  }

  endSandbox(sandbox: SandboxRef): void {
    for (const open of [...(this.#bySandbox.get(sandbox)?.values() ?? [])]) this.cancel(open);
  }

  #send(send: (link: Link) => void): void {
    if (this.#link !== undefined) {
      send(this.#link);
      return;
    }
    this.#backlog.push(send);
    if (!this.#isConnecting) void this.#connect();
  }

  async #connect(): Promise<void> {
    this.#isConnecting = true;
    try {
      const giveUpAt = performance.now() + RECONNECT_MS;
      while (!(await this.#greeted(await connectWithRetry(this.#path, giveUpAt - performance.now())))) {
        if (performance.now() > giveUpAt) throw new Error("the broker takes no connection");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    } catch {
      this.#backlog = [];
      this.#failAll("fetch failed: the node's way out is away");
    } finally {
      this.#isConnecting = false;
    }
  }

  /** Whether the broker has said that it is there: a process that is just dying still takes connections. */
  #greeted(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      const link: Link = new Link(socket, {
        frame: (frame) => {
          if (frame.kind !== "brokerHello") return this.#hear(frame);
          this.#link = link;
          for (const send of this.#backlog.splice(0)) send(link);
          resolve(true);
        },
        closed: () => {
          resolve(false);
          if (this.#link !== link) return;
          this.#link = undefined;
          this.#failAll("fetch failed: the node's way out went away");
        },
      });
    });
  }

  #failAll(message: string): void {
    for (const open of [...this.#open.values()]) this.#fail(open, message);
  }

  #fail(open: Open, message: string): void {
    this.#forget(open);
    const kind = open.streams ? TO_ISOLATE.partFailed : TO_ISOLATE.fetchFailed;
    open.sandbox.enter(kind, open.call, open.id, message);
  }

  #hear(frame: Frame): void {
    const open = this.#open.get(frame.id);
    if (open === undefined) return;
    const { sandbox, call, id } = open;
    switch (frame.kind) {
      case "hop":
        this.#link?.send("hopAllowed", frame.id, { isAllowed: open.mayFollow() });
        return;
      case "fetched":
        if (frame.meta.streams) open.streams = true;
        else this.#forget(open);
        sandbox.enter(TO_ISOLATE.fetched, call, id, JSON.stringify(frame.meta), frame.body);
        return;
      case "fetchFailed":
        this.#fail(open, frame.meta.overLimit ? "" : frame.meta.message);
        return;
      case "partFailed":
        this.#fail(open, frame.meta.message);
        return;
      case "part":
        sandbox.enter(TO_ISOLATE.part, call, id, "", frame.body);
        return;
      case "partEnd":
        this.#forget(open);
        sandbox.enter(TO_ISOLATE.partEnd, call, id, "");
        return;
      case "credit":
        sandbox.enter(TO_ISOLATE.credit, call, id, `${frame.meta.bytes}`);
        return;
    }
  }

  #forget({ wireId, sandbox, id }: Open): void {
    this.#open.delete(wireId);
    const mine = this.#bySandbox.get(sandbox);
    if (mine?.get(id)?.wireId === wireId) mine.delete(id);
    if (mine?.size === 0) this.#bySandbox.delete(sandbox);
  }
}
