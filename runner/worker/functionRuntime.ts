import { type Failure, limitFailure } from "../errors.ts";
import { SendWindow } from "../protocol/credit.ts";
import type {
  BodyFrame,
  CallCost,
  FunctionSource,
  IsolateExit,
  LimitEvent,
  LogLine,
  Messages,
  SubRequestHead,
} from "../protocol/messages.ts";
import { type Call, isRepeatable } from "./call.ts";
import { isAnsweringLimit, parseResponseHead, parseSubRequestHead } from "./heads.ts";
import { ANSWER_FLAGS, type HostBody, LOG_LEVELS, LOG_LINE_CHARS_MAX, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { type Sandbox, type SandboxEvents, type SandboxLoss, StartError } from "./sandbox.ts";
import { CallTimers } from "./timers.ts";
import { traceparentOf, withTrace } from "./traceHeaders.ts";

/** How long promises given to waitUntil may go on after the answer, ms; as Cloudflare grants. */
const WAIT_UNTIL_MS = 30_000;

const LOSS_DETAILS: Readonly<Record<SandboxLoss, string>> = {
  cpu: "limit: cpuMs.",
  heap: "limit: heapMb.",
  slice: "It held the worker's thread for too long.",
};

/** How a runtime reaches the rest of its worker. */
export interface RuntimePort {
  readonly key: number;
  newSandbox(events: SandboxEvents): Sandbox;
  begun(call: number): void;
  effect(call: number): void;
  answer(call: number, answer: Messages["answer"], body: Buffer | undefined): void;
  failed(call: number, failure: Failure): void;
  /** A part of the response, its end, or credit for the request's body. */
  body<K extends BodyFrame["kind"]>(kind: K, call: number, meta: Messages[K], bytes?: Buffer): void;
  log(line: LogLine): void;
  limit(event: LimitEvent): void;
  isolateStarted(after: IsolateExit | null): void;
  isolateEnded(exit: IsolateExit): void;
  /** The request has left this worker altogether. `cost` is undefined when its answer has told it. */
  ended(call: number, cost: CallCost | undefined): void;
  /** Runs `enter` once what was sent before has left the process. */
  enterAfterFlush(enter: () => void): void;
  fetch(head: SubRequestHead, body: Buffer | undefined, owner: { sandbox: Sandbox; call: number; id: number }): void;
  cancelFetch(owner: { sandbox: Sandbox; id: number }): void;
  stuck(reason: string): void;
}

/** One function version in this worker: its isolate, when it has one, and the requests that wait for it or run in it. */
export class FunctionRuntime {
  readonly source: FunctionSource;
  readonly #port: RuntimePort;
  readonly #calls = new Map<number, Call>();
  #sandbox: Sandbox | undefined;
  #starting = false;
  #timers = new CallTimers();
  #draining = false;
  /** How the isolate before this one ended. */
  #lastExit: IsolateExit | null = null;
  /** When it last had work, ms of the monotonic clock. */
  lastUsedMs = performance.now();

  constructor(source: FunctionSource, port: RuntimePort) {
    this.source = source;
    this.#port = port;
  }

  get hasIsolate(): boolean {
    return this.#sandbox !== undefined || this.#starting;
  }
  get isIdle(): boolean {
    return this.#calls.size === 0 && !this.#starting;
  }
  get callCount(): number {
    return this.#calls.size;
  }

  invoke(id: number, { head, streams }: Messages["invoke"], body: Buffer): void {
    const call: Call = {
      id,
      head,
      body,
      streams: streams === true,
      cold: this.#sandbox === undefined,
      begun: false,
      fed: false,
      subRequests: 0,
      response: "none",
      window: new SendWindow(),
      losses: 0,
    };
    this.#calls.set(id, call);
    this.lastUsedMs = performance.now();
    if (this.#sandbox !== undefined) this.#begin(call, this.#sandbox);
    else this.#startIsolate();
  }

  /** The client has gone, or the router has given up on the request: what was given to waitUntil may still end. */
  cancel(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (!call.begun) {
      this.#end(call);
      return;
    }
    call.response = "settled";
    this.#sandbox?.enter(TO_ISOLATE.cancel, id, 0, "");
    this.#limitWaitUntil(call);
  }

  /** What the router says of a call's bodies: parts of the request's, credit for the response's. */
  hearBody(frame: BodyFrame): void {
    const call = this.#calls.get(frame.id);
    if (call === undefined || !call.begun) return;
    switch (frame.kind) {
      case "part":
        call.fed = true;
        this.#sandbox?.enter(TO_ISOLATE.part, call.id, 0, "", frame.body);
        return;
      case "partEnd":
        this.#sandbox?.enter(TO_ISOLATE.partEnd, call.id, 0, "");
        return;
      case "partFailed":
        this.#sandbox?.enter(TO_ISOLATE.partFailed, call.id, 0, frame.meta.message);
        return;
      case "credit":
        call.window.grant(frame.meta.bytes);
        this.#sandbox?.enter(TO_ISOLATE.credit, call.id, 0, `${frame.meta.bytes}`);
        return;
    }
  }

  /** Starts the function in an isolate of its own and ends that again. @throws StartError */
  async probe(): Promise<void> {
    const sandbox = this.#port.newSandbox({
      message: () => {},
      lost: () => {},
      overCpu: () => {},
      stuck: () => this.#port.stuck(`${this.source.name}@${this.source.version} could not be stopped while it started`),
    });
    await sandbox.start();
    sandbox.dispose();
  }

  /** Starts the isolate before a request needs it. @throws StartError */
  async warm(): Promise<void> {
    const failed = await this.#startIsolate();
    if (failed !== undefined) throw failed;
  }

  /** Ends the isolate; only for an idle runtime. */
  evict(exit: IsolateExit): void {
    if (this.#sandbox === undefined) return;
    this.#dropSandbox(exit).dispose();
  }

  /** Ends the isolate when the last request is over. */
  drain(): void {
    this.#draining = true;
    this.#endDrain();
  }

  async #startIsolate(): Promise<StartError | undefined> {
    if (this.#starting) return;
    this.#starting = true;
    const sandbox = this.#port.newSandbox({
      message: (kind, call, id, text, body) => this.#hear(sandbox, { kind, call, id, text, body }),
      lost: (exit, call, usedMs) => this.#lose(sandbox, { exit, culprit: call, usedMs }),
      overCpu: (call, usedMs) => this.#overCpu(sandbox, call, usedMs),
      stuck: () => this.#port.stuck(`${this.source.name}@${this.source.version} could not be stopped`),
    });
    try {
      await sandbox.start();
    } catch (error) {
      this.#starting = false;
      const failed = error instanceof StartError ? error : new StartError(`${error}`);
      this.#lastExit = "start-failed";
      this.#port.isolateEnded("start-failed");
      for (const call of [...this.#calls.values()]) {
        this.#log(call.id, "error", `the function could not be started: ${failed.message}`);
        this.#fail(call, { code: "ERR_FUNCTION_START" });
      }
      return failed;
    }
    this.#starting = false;
    this.#sandbox = sandbox;
    this.#port.isolateStarted(this.#lastExit);
    for (const call of this.#calls.values()) this.#begin(call, sandbox);
    this.#endDrain();
  }

  #begin(call: Call, sandbox: Sandbox): void {
    call.begun = true;
    this.#port.begun(call.id);
    this.#port.enterAfterFlush(() => {
      if (this.#sandbox !== sandbox || !this.#calls.has(call.id)) return;
      const body = call.body.length === 0 ? undefined : call.body;
      sandbox.enter(TO_ISOLATE.invoke, call.id, call.streams ? 1 : 0, JSON.stringify(call.head), body);
    });
  }

  #hear(sandbox: Sandbox, message: { kind: number; call: number; id: number; text: string; body: HostBody }): void {
    const { kind, id, text, body } = message;
    if (kind === TO_HOST.log) {
      this.#log(message.call, LOG_LEVELS[id] ?? "info", text);
      return;
    }
    const call = this.#calls.get(message.call);
    if (call === undefined || sandbox !== this.#sandbox) return;
    switch (kind) {
      case TO_HOST.answer:
        this.#answer(call, { flags: id, text, body });
        return;
      case TO_HOST.part:
      case TO_HOST.partEnd:
      case TO_HOST.partFailed:
        if (id === 0) this.#hearPart(call, kind, text, body);
        return;
      case TO_HOST.credit:
        if (id === 0 && Number(text) > 0) this.#port.body("credit", call.id, { bytes: Number(text) });
        return;
      case TO_HOST.threw:
        this.#log(call.id, "error", text);
        this.#fail(call, { code: "ERR_FUNCTION_THREW" });
        return;
      case TO_HOST.invalidResponse:
        this.#fail(call, { code: "ERR_FUNCTION_RESPONSE", detail: text });
        return;
      case TO_HOST.limit:
        this.#fail(
          call,
          isAnsweringLimit(text) ? limitFailure(text, this.source.limits, id) : { code: "ERR_FUNCTION_THREW" },
        );
        return;
      case TO_HOST.done:
        this.#end(call);
        return;
      case TO_HOST.timer:
        this.#timers.start(id, call.id, Number(text), () => sandbox.enter(TO_ISOLATE.timer, call.id, id, ""));
        return;
      case TO_HOST.timerClear:
        this.#timers.clear(id);
        return;
      case TO_HOST.fetch:
        this.#fetch(sandbox, call, { id, text, body });
        return;
      case TO_HOST.fetchCancel:
        this.#port.cancelFetch({ sandbox, id });
        return;
    }
  }

  #answer(call: Call, { flags, text, body }: { flags: number; text: string; body: HostBody }): void {
    if (call.response !== "none") return;
    const { limits } = this.source;
    const parsed = parseResponseHead(text, limits.responseHeaderBytes);
    if (parsed.kind !== "head") {
      this.#fail(
        call,
        parsed.kind === "too-large"
          ? limitFailure("responseHeaderBytes", limits, parsed.bytes)
          : { code: "ERR_FUNCTION_RESPONSE" },
      );
      this.#endNow(call);
      return;
    }
    const streams = (flags & ANSWER_FLAGS.streams) !== 0;
    const over = (flags & ANSWER_FLAGS.over) !== 0;
    call.response = streams ? "streaming" : "settled";
    const answer = { head: parsed.head, ...(streams && { streams }), ...(over && { cost: this.#cost(call) }) };
    this.#port.answer(call.id, answer, bodyBytes(body));
    if (over) this.#end(call, true);
    else if (!streams) this.#limitWaitUntil(call);
  }

  /** A response that streams. The isolate has promised to keep to the credit; the router would end this process if it did not. */
  #hearPart(call: Call, kind: number, text: string, body: HostBody): void {
    if (call.response !== "streaming") return;
    if (kind === TO_HOST.part) {
      const bytes = bodyBytes(body) ?? Buffer.alloc(0);
      if (call.window.spend(bytes.length)) {
        this.#port.body("part", call.id, null, bytes);
        return;
      }
      this.#fail(call, { code: "ERR_FUNCTION_RESPONSE", detail: "The stream went over its credit." });
      this.#endNow(call);
      return;
    }
    if (kind === TO_HOST.partEnd) {
      this.#port.body("partEnd", call.id, null);
    } else {
      this.#log(call.id, "error", text);
      this.#port.body("partFailed", call.id, { message: "the function's stream failed; its log has the stack" });
    }
    call.response = "settled";
    this.#limitWaitUntil(call);
  }

  #limitWaitUntil(call: Call): void {
    this.#timers.start(-call.id, call.id, WAIT_UNTIL_MS, () => {
      this.#log(call.id, "warn", `promises given to waitUntil were dropped after ${WAIT_UNTIL_MS} ms`);
      this.#endNow(call);
    });
  }

  #fetch(sandbox: Sandbox, call: Call, request: { id: number; text: string; body: HostBody }): void {
    const head = parseSubRequestHead(request.text);
    if (head === undefined || ++call.subRequests > this.source.limits.subRequests) {
      sandbox.enter(TO_ISOLATE.fetchFailed, call.id, request.id, "the sub-request is not valid");
      return;
    }
    if (call.subRequests === 1) this.#port.effect(call.id);
    const hopsMax = Math.max(0, this.source.limits.subRequests - call.subRequests);
    const headers = withTrace(head.headers, call.head.headers);
    const owner = { sandbox, call: call.id, id: request.id };
    this.#port.fetch({ ...head, headers, hopsMax }, bodyBytes(request.body), owner);
  }

  #fail(call: Call, failure: Failure): void {
    const { limit, value = 0, used = 0 } = failure;
    if (call.response !== "settled") this.#port.failed(call.id, failure);
    else if (limit !== undefined) {
      this.#port.limit({ key: this.#port.key, requestId: call.head.edge.requestId, limit, value, used });
    }
    call.response = "settled";
    if (!call.begun) this.#end(call);
  }

  /** A request has had its CPU time; the isolate and its other requests go on. */
  #overCpu(sandbox: Sandbox, id: number, usedMs: number): void {
    const call = this.#calls.get(id);
    if (call === undefined || sandbox !== this.#sandbox) return;
    this.#fail(call, limitFailure("cpuMs", this.source.limits, usedMs));
    this.#endNow(call);
  }

  /** A limit fired: the isolate is gone, and with it every request in it. */
  #lose(sandbox: Sandbox, loss: { exit: SandboxLoss; culprit: number; usedMs: number }): void {
    if (this.#sandbox !== sandbox) return;
    const { limits } = this.source;
    const { exit, culprit, usedMs } = loss;
    this.#dropSandbox(exit);
    for (const call of [...this.#calls.values()]) {
      if (isRepeatable(call, { exit, isCulprit: call.id === culprit, hasRun: sandbox.hasRun(call.id) })) {
        call.begun = false;
        call.losses++;
      } else {
        this.#fail(
          call,
          call.id === culprit && exit !== "slice"
            ? limitFailure(exit === "cpu" ? "cpuMs" : "heapMb", limits, exit === "cpu" ? usedMs : limits.heapMb)
            : { code: "ERR_ISOLATE_LOST", detail: LOSS_DETAILS[exit] },
        );
        this.#end(call);
      }
    }
    if (this.#calls.size > 0) void this.#startIsolate();
  }

  #dropSandbox(exit: IsolateExit): Sandbox {
    const sandbox = this.#sandbox as Sandbox;
    this.#sandbox = undefined;
    this.#timers.clearAll();
    this.#lastExit = exit;
    this.#port.isolateEnded(exit);
    return sandbox;
  }

  /** Whatever of it still runs in the isolate is told to stop and not heard any more. */
  #endNow(call: Call): void {
    this.#sandbox?.enter(TO_ISOLATE.cancel, call.id, 1, "");
    this.#end(call);
  }

  #end(call: Call, costIsTold = false): void {
    this.#calls.delete(call.id);
    this.#port.ended(call.id, costIsTold ? undefined : this.#cost(call));
    this.#timers.clearCall(call.id);
    this.#sandbox?.forget(call.id);
    this.lastUsedMs = performance.now();
    this.#endDrain();
  }

  #cost({ id, cold }: Call): CallCost {
    return { key: this.#port.key, cpuMs: this.#sandbox?.cpuMs(id) ?? 0, cold };
  }

  #endDrain(): void {
    if (this.#draining && this.isIdle) this.evict("unloaded");
  }

  #log(call: number, level: LogLine["level"], text: string): void {
    const head = this.#calls.get(call)?.head;
    this.#port.log({
      key: this.#port.key,
      requestId: head?.edge.requestId ?? "",
      traceparent: traceparentOf(head?.headers ?? []),
      level,
      text: text.slice(0, LOG_LINE_CHARS_MAX * 2),
    });
  }
}

function bodyBytes(body: HostBody): Buffer | undefined {
  if (body === undefined) return undefined;
  return typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
}
