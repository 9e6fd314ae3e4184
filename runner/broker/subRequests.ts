import type { Readable } from "node:stream";
import { isAsked } from "../bindings/kinds.ts";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { Link } from "../protocol/link.ts";
import type { Frame } from "../protocol/messages.ts";
import { Refusal } from "./destination.ts";
import { type Egress, OriginTimeout, type SubResponse } from "./egress.ts";
import type { Figures } from "./figures.ts";
import type { Grant, Grants } from "./grants.ts";
import { InboundBody } from "./inboundBody.ts";
import type { Neighbours } from "./neighbours.ts";
import { checkHead, dropWorker } from "./nonsense.ts";
import { OutboundBody } from "./outboundBody.ts";
import { OverLimit } from "./overLimit.ts";
import { Tally } from "./tally.ts";

/** Sub-requests that may be under way at once. */
const PER_WORKER_MAX = 512;
const PER_FUNCTION_MAX = 256;
/** Key that the figures give to functions that were not granted. */
const NOBODY = 0;

interface BrokerParts {
  readonly grants: Grants;
  readonly egress: Egress;
  readonly neighbours: Pick<Neighbours, "fetch">;
  readonly figures: Figures;
}

interface SubRequest {
  readonly controller: AbortController;
  readonly inbound: InboundBody | undefined;
  outbound: OutboundBody | undefined;
  /** Takes the worker's word on a redirect. */
  hopAllowed: (isAllowed: boolean) => void;
  /** Key of its function, once that is known to be so. */
  key: number;
}

type FetchFrame = Extract<Frame, { kind: "fetch" }>;

/** The sub-requests of one worker. What the worker claims is checked against what the router granted to its slot. */
export class SubRequests {
  readonly #slot: number;
  readonly #link: Pick<Link, "send" | "drop">;
  readonly #parts: BrokerParts;
  /** By function, in all workers. */
  readonly #everywhere: Tally;
  /** By function, in this worker. */
  readonly #here = new Tally();
  readonly #running = new Map<number, SubRequest>();

  constructor(slot: number, link: Pick<Link, "send" | "drop">, parts: BrokerParts, everywhere: Tally) {
    this.#slot = slot;
    this.#link = link;
    this.#parts = parts;
    this.#everywhere = everywhere;
  }

  /** @throws TypeError and the like when the frame is nonsense. */
  hear(frame: Frame): void {
    const running = this.#running.get(frame.id);
    switch (frame.kind) {
      case "fetch":
        checkHead(frame.meta, ["url", "method"]);
        if (running === undefined) this.#serve(frame).catch((error) => dropWorker(this.#slot, this.#link, error));
        return;
      case "fetchCancel":
        running?.controller.abort();
        running?.outbound?.giveUp();
        return;
      case "part":
        if (running?.inbound === undefined) return;
        running.inbound.push(frame.body);
        this.#parts.figures.add(running.key, "sentBytes", frame.body.length);
        return;
      case "partEnd":
        running?.inbound?.end();
        return;
      case "partFailed":
        running?.inbound?.end(frame.meta.message);
        return;
      case "hopAllowed":
        running?.hopAllowed(frame.meta.isAllowed);
        return;
      case "credit":
        running?.outbound?.credit(frame.meta.bytes);
        return;
    }
  }

  /** The worker is gone. */
  abortAll(): void {
    for (const { controller, outbound } of this.#running.values()) {
      controller.abort();
      outbound?.giveUp();
    }
  }

  async #serve(frame: FetchFrame): Promise<void> {
    const { id, meta } = frame;
    if (this.#running.size >= PER_WORKER_MAX) {
      this.#failed(id, `the worker has ${PER_WORKER_MAX} sub-requests under way`);
      return;
    }
    if (frame.body.length > WINDOW_BYTES) {
      this.#failed(id, "a body of this size has to stream");
      return;
    }
    const inbound = meta.streams ? new InboundBody((bytes) => this.#link.send("credit", id, { bytes })) : undefined;
    const running: SubRequest = {
      controller: new AbortController(),
      inbound,
      outbound: undefined,
      hopAllowed: () => {},
      key: NOBODY,
    };
    this.#running.set(id, running);
    try {
      const found = this.#parts.grants.find(this.#slot, meta.key);
      const grant = found instanceof Promise ? await found : found;
      if (grant === undefined) {
        this.#parts.figures.refused(NOBODY, "grant");
        this.#failed(id, "the worker does not run this function");
        return;
      }
      const { function: name } = grant;
      running.key = meta.key;
      if (!this.#hasPlace(name)) {
        this.#parts.figures.refused(meta.key, "concurrency");
        this.#failed(
          id,
          `the function has ${this.#everywhere.of(name)} sub-requests under way, and can have no more now`,
        );
        return;
      }
      this.#everywhere.add(name);
      this.#here.add(name);
      try {
        await this.#answer(frame, running, grant);
      } finally {
        this.#everywhere.remove(name);
        this.#here.remove(name);
      }
    } finally {
      inbound?.end("the sub-request is over");
      this.#running.delete(id);
    }
  }

  /** In its worker no function may have more than what is free: one gets half of the places, two a third each, and the next some. */
  #hasPlace(name: string): boolean {
    const free = PER_WORKER_MAX - this.#running.size;
    return this.#everywhere.of(name) < PER_FUNCTION_MAX && this.#here.of(name) <= free;
  }

  async #answer(frame: FetchFrame, running: SubRequest, grant: Grant): Promise<void> {
    const { id, meta } = frame;
    const { signal } = running.controller;
    const { figures } = this.#parts;
    figures.add(meta.key, "sentBytes", frame.body.length);
    let body: Readable | undefined;
    let headSent = false;
    try {
      const response = await this.#fetch(frame, running, grant);
      body = response.body;
      const outbound = new OutboundBody(body);
      const whole = await outbound.whole();
      signal.throwIfAborted();
      headSent = true;
      if (whole !== undefined) {
        this.#link.send("fetched", id, response.head, whole);
        figures.add(meta.key, "receivedBytes", whole.length);
      } else {
        running.outbound = outbound;
        this.#link.send("fetched", id, { ...response.head, streams: true });
        await outbound.stream((part) => {
          figures.add(meta.key, "receivedBytes", part.length);
          this.#link.send("part", id, null, part);
        });
        this.#link.send("partEnd", id, null);
      }
      figures.add(meta.key, "answered");
    } catch (error) {
      body?.destroy();
      if (signal.aborted) figures.add(meta.key, "cancelled");
      else if (error instanceof Refusal) figures.refused(meta.key, error.reason);
      else figures.add(meta.key, error instanceof OriginTimeout ? "timedOut" : "failed");
      const { message } = error as Error;
      if (headSent) this.#link.send("partFailed", id, { message });
      else this.#failed(id, message, error);
    }
  }

  #fetch({ id, meta, body }: FetchFrame, running: SubRequest, grant: Grant): Promise<SubResponse> {
    const { egress, neighbours } = this.#parts;
    const { allow, bindings, function: owner } = grant;
    const { signal } = running.controller;
    const { binding, caller } = meta;
    const common = { head: meta, body: running.inbound?.stream ?? body, signal };
    if (binding !== undefined) {
      if (!isAsked(bindings.get(binding)?.kind)) throw new Refusal("binding", "the function has no such binding");
      return neighbours.fetch({ ...common, binding, caller, slot: this.#slot });
    }
    const mayFollow = () =>
      new Promise<boolean>((resolve) => {
        running.hopAllowed = resolve;
        this.#link.send("hop", id, null);
      });
    return egress.fetch({ ...common, owner, allow, mayFollow });
  }

  #failed(id: number, message: string, error?: unknown): void {
    const over = error instanceof OverLimit && { overLimit: error.told };
    this.#link.send("fetchFailed", id, { message: `fetch failed: ${message}`, ...over });
  }
}
