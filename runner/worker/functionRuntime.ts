import { type Failure, limitFailure } from "../errors.ts";
import type {
  FunctionSource,
  IsolateExit,
  LogLine,
  RequestHead,
  ResponseHead,
  SubRequestHead,
} from "../protocol/messages.ts";
import { parseResponseHead, parseSubRequestHead } from "./heads.ts";
import { type HostBody, LOG_LEVELS, LOG_LINE_CHARS_MAX, SUB_REQUESTS_MAX, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
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

/** A request in this worker. */
interface Call {
  readonly id: number;
  readonly head: RequestHead;
  readonly body: Buffer;
  begun: boolean;
  subRequests: number;
  answered: boolean;
  /** Isolates that were lost under it. */
  losses: number;
}

/** How a runtime reaches the rest of its worker. */
export interface RuntimePort {
  readonly key: number;
  newSandbox(events: SandboxEvents): Sandbox;
  begun(call: number): void;
  effect(call: number): void;
  answer(call: number, answer: { head: ResponseHead; cpuMs: number }, body: Buffer | undefined): void;
  failed(call: number, failure: Failure): void;
  log(line: LogLine): void;
  isolateStarted(after: IsolateExit | null): void;
  isolateEnded(exit: IsolateExit): void;
  /** The request has left this worker altogether. */
  ended(call: number): void;
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

  invoke(id: number, head: RequestHead, body: Buffer): void {
    const call: Call = { id, head, body, begun: false, subRequests: 0, answered: false, losses: 0 };
    this.#calls.set(id, call);
    this.lastUsedMs = performance.now();
    if (this.#sandbox !== undefined) this.#begin(call, this.#sandbox);
    else this.#startIsolate();
  }

  /** The router has given up on the request. */
  cancel(id: number): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    if (call.begun) this.#sandbox?.enter(TO_ISOLATE.cancel, id, 0, "");
    this.#end(id);
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
      sandbox.enter(TO_ISOLATE.invoke, call.id, 0, JSON.stringify(call.head), body);
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
        this.#answer(call, text, body);
        return;
      case TO_HOST.threw:
        this.#log(call.id, "error", text);
        this.#fail(call, { code: "ERR_FUNCTION_THREW" });
        return;
      case TO_HOST.invalidResponse:
        this.#fail(call, { code: "ERR_FUNCTION_RESPONSE", detail: text });
        return;
      case TO_HOST.responseTooLarge:
        this.#fail(call, limitFailure("responseBodyBytes", this.source.limits, id));
        return;
      case TO_HOST.done:
        this.#end(call.id);
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

  #answer(call: Call, text: string, body: HostBody): void {
    if (call.answered) return;
    const head = parseResponseHead(text);
    if (head === undefined) {
      this.#fail(call, { code: "ERR_FUNCTION_RESPONSE" });
      return;
    }
    call.answered = true;
    this.#port.answer(call.id, { head, cpuMs: this.#sandbox?.cpuMs(call.id) ?? 0 }, bodyBytes(body));
    const { id } = call;
    this.#timers.start(-id, id, WAIT_UNTIL_MS, () => {
      this.#log(id, "warn", `promises given to waitUntil were dropped after ${WAIT_UNTIL_MS} ms`);
      this.cancel(id);
    });
  }

  #fetch(sandbox: Sandbox, call: Call, request: { id: number; text: string; body: HostBody }): void {
    const head = parseSubRequestHead(request.text);
    if (head === undefined || ++call.subRequests > SUB_REQUESTS_MAX) {
      sandbox.enter(TO_ISOLATE.fetchFailed, call.id, request.id, "the sub-request is not valid");
      return;
    }
    if (call.subRequests === 1) this.#port.effect(call.id);
    const headers = withTrace(head.headers, call.head.headers);
    const hopsMax = Math.max(0, SUB_REQUESTS_MAX - call.subRequests);
    this.#port.fetch({ ...head, headers, hopsMax }, bodyBytes(request.body), {
      sandbox,
      call: call.id,
      id: request.id,
    });
  }

  #fail(call: Call, failure: Failure): void {
    if (!call.answered) this.#port.failed(call.id, failure);
    call.answered = true;
    if (!call.begun) this.#end(call.id);
  }

  /** A request has had its CPU time; the isolate and its other requests go on. */
  #overCpu(sandbox: Sandbox, id: number, usedMs: number): void {
    const call = this.#calls.get(id);
    if (call === undefined || sandbox !== this.#sandbox) return;
    this.#fail(call, limitFailure("cpuMs", this.source.limits, usedMs));
    this.cancel(id);
  }

  /** A limit fired: the isolate is gone, and with it every request in it. */
  #lose(sandbox: Sandbox, loss: { exit: SandboxLoss; culprit: number; usedMs: number }): void {
    if (this.#sandbox !== sandbox) return;
    const { limits } = this.source;
    const { exit, culprit, usedMs } = loss;
    this.#dropSandbox(exit);
    for (const call of [...this.#calls.values()]) {
      if (isRepeatable(call, sandbox, loss)) {
        call.begun = false;
        call.losses++;
      } else {
        this.#fail(
          call,
          call.id === culprit && exit !== "slice"
            ? limitFailure(exit === "cpu" ? "cpuMs" : "heapMb", limits, exit === "cpu" ? usedMs : limits.heapMb)
            : { code: "ERR_ISOLATE_LOST", detail: LOSS_DETAILS[exit] },
        );
        this.#end(call.id);
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

  #end(id: number): void {
    this.#calls.delete(id);
    this.#port.ended(id);
    this.#timers.clearCall(id);
    this.#sandbox?.forget(id);
    this.lastUsedMs = performance.now();
    this.#endDrain();
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

/**
 * Whether a request of a lost isolate is run again. What the isolate had not begun always is. After a slice the code was not to
 * blame by any limit that it knows of: whatever it had not told the host it had not done, so that the method says nothing.
 */
function isRepeatable(call: Call, sandbox: Sandbox, loss: { exit: SandboxLoss; culprit: number }): boolean {
  if (call.answered) return false;
  if (!sandbox.hasRun(call.id)) return true;
  if (call.losses > 0 || call.subRequests > 0) return false;
  if (loss.exit === "slice") return true;
  return call.id !== loss.culprit && (call.head.method === "GET" || call.head.method === "HEAD");
}

function bodyBytes(body: HostBody): Buffer | undefined {
  if (body === undefined) return undefined;
  return typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
}
