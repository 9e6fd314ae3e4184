import { Readable } from "node:stream";
import { type BindingKind, CACHES, isAsked, operationRule, type StoreKind } from "../../bindings/kinds.ts";
import { WINDOW_BYTES } from "../../protocol/credit.ts";
import type { Link } from "../../protocol/link.ts";
import type { Frame } from "../../protocol/messages.ts";
import type { Grant, Grants } from "../grants.ts";
import { InboundBody } from "../inboundBody.ts";
import { checkHead, dropWorker } from "../nonsense.ts";
import { OutboundBody } from "../outboundBody.ts";
import type { BindingFigures } from "./bindingFigures.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "./engine.ts";
import type { HeldBytes, Holding } from "./heldBytes.ts";
import { jsonBytes } from "./jsonBytes.ts";
import type { Places } from "./places.ts";

/** Operations that one worker may have open, those that wait included. */
const PER_WORKER_MAX = 4_096;
/** Time from an operation's coming to its result, ms; a result's body may take longer. */
const RESULT_MS = 30_000;
const NO_ROOM = "the function has more in the broker than finds room there";
const UNTAKEN = "the function leaves too much of its results untaken";

export type BindingEngines = Readonly<Record<StoreKind, BindingEngine>>;

export interface BindingParts {
  readonly grants: Grants;
  readonly engines: BindingEngines;
  readonly figures: BindingFigures;
  readonly places: Places;
  readonly held: HeldBytes;
}

interface Open {
  readonly controller: AbortController;
  readonly inbound: InboundBody | undefined;
  outbound: OutboundBody | undefined;
}

interface Authorised {
  readonly grant: Grant;
  readonly kind: StoreKind;
  /** What the binding stands for. */
  readonly name: string;
}

/** An authorised operation that has its place. */
interface Running extends Authorised {
  readonly held: Holding;
  readonly leave: () => void;
}

type BindFrame = Extract<Frame, { kind: "bind" }>;

/** The operations of bindings of one worker. What the worker claims is checked against what the router granted to its slot. */
export class BindingCalls {
  readonly #slot: number;
  readonly #link: Pick<Link, "send" | "sent" | "drop">;
  readonly #parts: BindingParts;
  readonly #open = new Map<number, Open>();

  constructor(slot: number, link: Pick<Link, "send" | "sent" | "drop">, parts: BindingParts) {
    this.#slot = slot;
    this.#link = link;
    this.#parts = parts;
  }

  /**
   * Ids are of the same count as those of sub-requests: frames of bodies that are no operation's are let pass.
   *
   * @throws TypeError and the like when the frame is nonsense.
   */
  hear(frame: Frame): void {
    const open = this.#open.get(frame.id);
    switch (frame.kind) {
      case "bind":
        checkHead(frame.meta, ["binding", "operation"]);
        if (open === undefined) this.#serve(frame).catch((error) => dropWorker(this.#slot, this.#link, error));
        return;
      case "fetchCancel":
        open?.controller.abort(new Error("nobody waits for it any more"));
        open?.outbound?.giveUp();
        return;
      case "part":
        open?.inbound?.push(frame.body);
        return;
      case "partEnd":
        open?.inbound?.end();
        return;
      case "partFailed":
        open?.inbound?.end(frame.meta.message);
        return;
      case "credit":
        open?.outbound?.credit(frame.meta.bytes);
        return;
    }
  }

  /** The worker is gone. */
  abortAll(): void {
    for (const { controller, outbound } of this.#open.values()) {
      controller.abort(new Error("its worker is gone"));
      outbound?.giveUp();
    }
  }

  async #serve(frame: BindFrame): Promise<void> {
    const { id, meta } = frame;
    const beganMs = performance.now();
    const inbound = meta.streams ? new InboundBody((bytes) => this.#link.send("credit", id, { bytes })) : undefined;
    const open: Open = { controller: new AbortController(), inbound, outbound: undefined };
    const isOver = this.#open.size >= PER_WORKER_MAX;
    this.#open.set(id, open);
    let authorised: Authorised | undefined;
    let held: Holding | undefined;
    let outcome = "answered";
    let isTold = false;
    const late = setTimeout(() => {
      const message = `${meta.operation} took longer than ${RESULT_MS} ms`;
      open.controller.abort(new BindingFault("ERR_BINDING_TIMEOUT", message));
    }, RESULT_MS);
    try {
      if (isOver) throw new BindingFault("ERR_BINDING_OVERLOADED", `the worker has ${PER_WORKER_MAX} operations open`);
      authorised = await this.#authorise(frame);
      held = this.#parts.held.newHolding(authorised.grant.function);
      held.take(jsonBytes(meta.args) + bodyBytes(inbound?.stream ?? frame.body), NO_ROOM);
      const leave = await this.#parts.places.take(authorised.grant.function, open.controller.signal);
      const result = await this.#run(frame, open, { ...authorised, held, leave });
      clearTimeout(late);
      try {
        held.take(jsonBytes(result.result) + bodyBytes(result.body), UNTAKEN);
      } catch (error) {
        leave();
        if (result.body instanceof Readable) result.body.destroy();
        throw error;
      }
      isTold = true;
      await this.#answer(id, open, result, leave);
    } catch (error) {
      const fault = open.controller.signal.aborted ? open.controller.signal.reason : error;
      if (fault instanceof BindingFault) {
        outcome = fault.code;
        if (isTold) this.#link.send("partFailed", id, { message: fault.message });
        else this.#link.send("boundFailed", id, fault.failure);
      } else if (open.controller.signal.aborted) {
        outcome = "cancelled";
      } else {
        outcome = "ERR_BINDING_FAILED";
        this.#defect(frame, error, isTold);
      }
    } finally {
      clearTimeout(late);
      inbound?.end("the operation is over");
      this.#open.delete(id);
      held?.release();
      if (authorised !== undefined) {
        const { kind } = authorised;
        const tookMs = performance.now() - beganMs;
        this.#parts.figures.add({ key: meta.key, kind, operation: meta.operation, outcome, tookMs });
      }
    }
  }

  /** @throws BindingFault */
  async #authorise({ meta, body }: BindFrame): Promise<Authorised> {
    const found = this.#parts.grants.find(this.#slot, meta.key);
    const grant = found instanceof Promise ? await found : found;
    if (grant === undefined) throw new BindingFault("ERR_BINDING_REFUSED", "the worker does not run this function");
    const { kind, name } = storeOf(grant, meta.binding);
    if (isAsked(kind) || operationRule(kind, meta.operation) === undefined) {
      throw new BindingFault("ERR_BINDING_INVALID", `${kind} has no such operation`);
    }
    if (body.length > WINDOW_BYTES)
      throw new BindingFault("ERR_BINDING_TOO_LARGE", "a body of this size has to stream");
    return { grant, kind, name };
  }

  async #run(
    { meta, body }: BindFrame,
    open: Open,
    { grant, kind, name, held, leave }: Running,
  ): Promise<OperationResult> {
    const { engines } = this.#parts;
    const { signal } = open.controller;
    const operation: Operation = {
      function: grant.function,
      owner: `${this.#slot} ${meta.key}`,
      name,
      operation: meta.operation,
      args: meta.args,
      body: open.inbound?.stream ?? body,
      bodyBytes: meta.bodyBytes,
      hold: (bytes) => held.take(bytes, NO_ROOM),
      signal,
    };
    const running = (async () => engines[kind].run(operation))();
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    // The engine may be done after the function has heard that it is too late: its place is not free before.
    running.then((result) => {
      if (!signal.aborted) return;
      leave();
      if (result.body instanceof Readable) result.body.destroy();
    }, leave);
    try {
      return await Promise.race([running, stopped]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** A result that goes out whole has its place until the kernel has taken it: a worker that is slow to read holds back what comes next. */
  async #answer(id: number, open: Open, { result = null, body }: OperationResult, leave: () => void): Promise<void> {
    if (!(body instanceof Readable) && (body === undefined || body.length <= WINDOW_BYTES)) {
      try {
        await this.#link.sent("bound", id, { result }, body);
      } finally {
        leave();
      }
      return;
    }
    leave();
    const outbound = new OutboundBody(body instanceof Readable ? body : Readable.from([body]));
    open.outbound = outbound;
    this.#link.send("bound", id, { result, streams: true });
    await outbound.stream((part) => this.#link.send("part", id, null, part));
    this.#link.send("partEnd", id, null);
  }

  #defect({ id, meta }: BindFrame, error: unknown, isTold: boolean): void {
    const message = "the node failed inside; its log says why";
    process.stderr.write(`${meta.operation} of a binding failed: ${(error as Error)?.stack ?? error}\n`);
    if (isTold) this.#link.send("partFailed", id, { message });
    else this.#link.send("boundFailed", id, { code: "ERR_BINDING_FAILED", message });
  }
}

/** What a body holds of the broker until it is taken, bytes: of one that streams, what may be under way. */
function bodyBytes(body: Buffer | Readable | undefined): number {
  return body instanceof Readable ? WINDOW_BYTES : (body?.length ?? 0);
}

/** What a name in a function's `env` stands for; a function's caches are its own. @throws BindingFault */
function storeOf(grant: Grant, name: string): { readonly kind: BindingKind; readonly name: string } {
  if (name === CACHES) return { kind: "cache", name: grant.function };
  const binding = grant.bindings.get(name);
  if (binding === undefined) throw new BindingFault("ERR_BINDING_REFUSED", "the function has no such binding");
  return binding;
}
