import type { Socket } from "node:net";
import { BINDING_FAULTS, type BindingFailure } from "../bindings/faults.ts";
import { connectWithRetry } from "../protocol/connect.ts";
import { Link } from "../protocol/link.ts";
import type { BodyFrame, Frame, Messages } from "../protocol/messages.ts";
import { type BoundFailure, type FetchFailure, TO_ISOLATE } from "./isolatePort.ts";
import type { Sandbox } from "./sandbox.ts";

/** How long sub-requests wait for a broker that is being restarted, ms. */
const RECONNECT_MS = 5_000;
const RETRY_MS = 20;

/** Who waits for a sub-request, or for an operation of a binding. Its id is the isolate's own number of it. */
export interface Owner {
  readonly sandbox: Pick<Sandbox, "enter">;
  readonly call: number;
  readonly id: number;
}

export interface FetchOwner extends Owner {
  /** Counts a redirect. @returns whether it may be followed. */
  mayFollow(): boolean;
}

interface Open extends Owner {
  readonly wireId: number;
  readonly mayFollow: (() => boolean) | undefined;
  /** The broker is away before there is an answer: tells the isolate why. */
  readonly lost: (why: string) => void;
  /** Its head is there: parts of its body follow. */
  streams: boolean;
}

type SandboxRef = Owner["sandbox"];

/** Sub-requests and operations of bindings on their way through the broker. What is sent while the broker is away waits for it in order. */
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
    const { sandbox, call, id, mayFollow } = owner;
    const lost = (why: string) => sandbox.enter(TO_ISOLATE.fetchFailed, call, id, fetchFailure(why));
    const wireId = this.#add({ ...owner, mayFollow, lost });
    this.#send((link) => {
      if (this.#open.has(wireId)) link.send("fetch", wireId, head, body);
    });
  }

  bind(head: Messages["bind"], body: Buffer | undefined, owner: Owner): void {
    const { sandbox, call, id } = owner;
    const lost = (why: string) =>
      sandbox.enter(TO_ISOLATE.boundFailed, call, id, boundFailure({ code: "ERR_BINDING_UNAVAILABLE", message: why }));
    const wireId = this.#add({ ...owner, mayFollow: undefined, lost });
    this.#send((link) => {
      if (this.#open.has(wireId)) link.send("bind", wireId, head, body);
    });
  }

  #add(given: Omit<Open, "wireId" | "streams">): number {
    this.#lastId = (this.#lastId % 0xffffffff) + 1;
    const wireId = this.#lastId;
    const open: Open = { ...given, wireId, streams: false };
    this.#open.set(wireId, open);
    const mine = this.#bySandbox.get(given.sandbox) ?? new Map<number, Open>();
    this.#bySandbox.set(given.sandbox, mine.set(given.id, open));
    return wireId;
  }

  /** A part of the body that goes out, its end, or credit for the one that comes back. */
  body<K extends BodyFrame["kind"]>(kind: K, owner: Pick<Owner, "sandbox" | "id">, meta: Messages[K], bytes?: Buffer) {
    const open = this.#bySandbox.get(owner.sandbox)?.get(owner.id);
    if (open !== undefined) this.#send((link) => link.give(kind, open.wireId, meta, bytes));
  }

  cancel(owner: Pick<Owner, "sandbox" | "id">): void {
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
      this.#failAll("the node's way out is away");
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
          this.#failAll("the node's way out went away");
        },
      });
    });
  }

  #failAll(why: string): void {
    for (const open of [...this.#open.values()]) {
      this.#forget(open);
      if (open.streams) open.sandbox.enter(TO_ISOLATE.partFailed, open.call, open.id, why);
      else open.lost(why);
    }
  }

  #hear(frame: Frame): void {
    const open = this.#open.get(frame.id);
    if (open === undefined) return;
    const { sandbox, call, id } = open;
    switch (frame.kind) {
      case "hop":
        this.#link?.send("hopAllowed", frame.id, { isAllowed: open.mayFollow?.() === true });
        return;
      case "fetched":
        if (frame.meta.streams) open.streams = true;
        else this.#forget(open);
        sandbox.enter(TO_ISOLATE.fetched, call, id, JSON.stringify(frame.meta), frame.body);
        return;
      case "bound":
        if (frame.meta.streams) open.streams = true;
        else this.#forget(open);
        sandbox.enter(TO_ISOLATE.bound, call, id, JSON.stringify(frame.meta), frame.body);
        return;
      case "boundFailed":
        this.#forget(open);
        sandbox.enter(TO_ISOLATE.boundFailed, call, id, boundFailure(frame.meta));
        return;
      case "fetchFailed":
        this.#forget(open);
        sandbox.enter(TO_ISOLATE.fetchFailed, call, id, JSON.stringify(frame.meta satisfies FetchFailure));
        return;
      case "partFailed":
        this.#forget(open);
        sandbox.enter(TO_ISOLATE.partFailed, call, id, frame.meta.message);
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

function fetchFailure(why: string): string {
  return JSON.stringify({ message: `fetch failed: ${why}` } satisfies FetchFailure);
}

/** A failure as its isolate is told. */
function boundFailure(failure: BindingFailure): string {
  const { remedy } = BINDING_FAULTS[failure.code];
  return JSON.stringify({ ...failure, remedy } satisfies BoundFailure);
}
