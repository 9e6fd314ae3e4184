import { kindOf, operationRule } from "../bindings/kinds.ts";
import { withLoops } from "../cdnLoop.ts";
import { WINDOW_BYTES } from "../protocol/credit.ts";
import type { FunctionSource } from "../protocol/messages.ts";
import type { BrokerClient } from "./brokerClient.ts";
import type { Call } from "./call.ts";
import { cpuMsSince, markCpu } from "./cpuClock.ts";
import { parseBindingCall, parseSubRequestHead } from "./heads.ts";
import { hostByteLength, hostBytes } from "./hostBytes.ts";
import { HostWork } from "./hostWork/hostWork.ts";
import type { JobQueue } from "./hostWork/jobQueue.ts";
import { type BoundFailure, type FetchFailure, type HostBody, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import type { HostNow, Sandbox } from "./sandbox.ts";
import { withTrace } from "./traceHeaders.ts";

interface OutsideParts {
  readonly key: number;
  readonly source: Pick<FunctionSource, "limits" | "bindings">;
  readonly broker: Pick<BrokerClient, "fetch" | "bind" | "body" | "cancel" | "endCall" | "endSandbox">;
  readonly jobs: JobQueue;
  /** Set once it has been made: it is asked from within. */
  readonly sandbox: () => Sandbox;
  readonly callOf: (id: number) => Call | undefined;
  /** The request is about to do what the outside can see. */
  effect(call: number): void;
}

interface Message {
  readonly kind: number;
  readonly id: number;
  readonly text: string;
  readonly body: HostBody;
}

/** What the requests of one isolate have done outside of it: sub-requests, and work of the host. */
export class OutsideWork {
  readonly #parts: OutsideParts;
  readonly #host: HostWork;

  constructor(parts: OutsideParts) {
    this.#parts = parts;
    const { source, jobs: queue, sandbox, callOf } = parts;
    this.#host = new HostWork({
      queue,
      limits: source.limits,
      usedMs: (call) => (callOf(call) === undefined ? undefined : sandbox().cpuMs(call)),
      charge: (call, cpuMs) => sandbox().charge(call, cpuMs),
      done: (call, id, result, output) =>
        this.#answer(call, (to) => to.enter(TO_ISOLATE.jobDone, call, id, JSON.stringify(result), output)),
      failed: (call, id, failure) =>
        this.#answer(call, (to) => to.enter(TO_ISOLATE.jobFailed, call, id, JSON.stringify(failure))),
    });
  }

  /** Messages that are about no other thing of the call. */
  hear(call: Call, { kind, id, text, body }: Message): void {
    const { broker } = this.#parts;
    const owner = { sandbox: this.#parts.sandbox(), id };
    switch (kind) {
      case TO_HOST.fetch:
        this.#fetch(call, id, text, body);
        return;
      case TO_HOST.bind:
        this.#bind(call, id, text, body);
        return;
      case TO_HOST.fetchCancel:
        broker.cancel(owner);
        return;
      case TO_HOST.part:
        if (hostByteLength(body) <= WINDOW_BYTES) broker.body("part", owner, null, hostBytes(body));
        else broker.body("partFailed", owner, { message: "a part of the function's stream is too large" });
        return;
      case TO_HOST.partEnd:
        broker.body("partEnd", owner, null);
        return;
      case TO_HOST.partFailed:
        broker.body("partFailed", owner, { message: "the function's stream failed" });
        return;
      case TO_HOST.credit:
        if (Number(text) > 0) broker.body("credit", owner, { bytes: Number(text) });
        return;
      case TO_HOST.job:
        this.#host.job(call.id, id, text, hostBytes(body) ?? Buffer.alloc(0));
        return;
      case TO_HOST.codecEnd:
        this.#host.closeCodec(id);
        return;
    }
  }

  get hostNow(): HostNow {
    return this.#host;
  }

  endCall(call: number): void {
    this.#parts.broker.endCall(this.#parts.sandbox(), call);
    this.#host.endCall(call);
  }

  /** The isolate is gone. */
  dispose(): void {
    this.#parts.broker.endSandbox(this.#parts.sandbox());
    this.#host.dispose();
  }

  #fetch(call: Call, id: number, text: string, body: HostBody): void {
    const { key, source, broker } = this.#parts;
    const sandbox = this.#parts.sandbox();
    const fail = (failure: FetchFailure) => sandbox.enter(TO_ISOLATE.fetchFailed, call.id, id, JSON.stringify(failure));
    const take = () => ++call.subRequests <= source.limits.subRequests;
    if (!take()) return void fail({ message: "", overLimit: { limit: "subRequests", used: null } });
    const used = this.#host.charge(call.id, 0);
    if (used !== undefined) return void fail({ message: "", overLimit: { limit: "cpuMs", used } });
    const head = this.#read(call, text, parseSubRequestHead);
    if (head === undefined || hostByteLength(body) > WINDOW_BYTES)
      return void fail({ message: "the sub-request is not valid" });
    this.#takeEffect(call);
    const headers = withLoops(withTrace(head.headers, call.head.headers), call.head.headers);
    broker.fetch({ ...head, key, caller: call.id, headers }, hostBytes(body), {
      sandbox,
      call: call.id,
      id,
      mayFollow: take,
    });
  }

  #bind(call: Call, id: number, text: string, body: HostBody): void {
    const { key, source, broker } = this.#parts;
    const sandbox = this.#parts.sandbox();
    const { limits, bindings } = source;
    const fail = (failure: BoundFailure) => sandbox.enter(TO_ISOLATE.boundFailed, call.id, id, JSON.stringify(failure));
    if (++call.bindingCalls > limits.bindingCalls) return void fail({ limit: "bindingCalls", used: call.bindingCalls });
    const used = this.#host.charge(call.id, 0);
    if (used !== undefined) return void fail({ limit: "cpuMs", used });
    const head = this.#read(call, text, parseBindingCall);
    if (head === undefined || hostByteLength(body) > WINDOW_BYTES)
      return void fail({ code: "ERR_BINDING_INVALID", message: "the operation is not valid", remedy: "" });
    const kind = kindOf(bindings, head.binding);
    if (kind === undefined || operationRule(kind, head.operation)?.writes !== false) this.#takeEffect(call);
    broker.bind({ ...head, key }, hostBytes(body), { sandbox, call: call.id, id });
  }

  /** The request pays for the reading: JSON can be made to take long for its length. */
  #read<Head>(call: Call, text: string, parse: (text: string) => Head): Head {
    const began = markCpu();
    const head = parse(text);
    this.#parts.sandbox().charge(call.id, cpuMsSince(began));
    return head;
  }

  /** The request must not be run again from now on, and the router knows it before anybody outside sees anything of it. */
  #takeEffect(call: Call): void {
    if (!call.hasEffect) this.#parts.effect(call.id);
    call.hasEffect = true;
    this.#parts.sandbox().hold(call.id);
  }

  #answer(call: number, tell: (sandbox: Sandbox) => void): void {
    if (this.#parts.callOf(call) !== undefined) tell(this.#parts.sandbox());
  }
}
