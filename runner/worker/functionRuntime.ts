import { BINDING_FAULT_CODES } from "../bindings/faults.ts";
import { type Failure, limitFailure } from "../errors.ts";
import { IdTable } from "../idTable.ts";
import type { BodyFrame, CallCost, FunctionSource, IsolateExit, Messages } from "../protocol/messages.ts";
import { Call, enterBody, escapedLimit, isRepeatable, lossFailure } from "./call.ts";
import { CallReports } from "./callReports.ts";
import { CallResponse, type ResponseStep } from "./callResponse.ts";
import { BODY_KINDS, type HostBody, LOG_LEVELS, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { OutsideWork } from "./outsideWork.ts";
import { probeStart } from "./probe.ts";
import type { RuntimePort } from "./runtimePort.ts";
import { type Sandbox, type SandboxLoss, StartError } from "./sandbox.ts";
import { StartBackOff } from "./startBackOff.ts";
import { CallTimers } from "./timers.ts";

/** How long promises given to waitUntil may go on after the answer, ms; as Cloudflare grants. */
const WAIT_UNTIL_MS = 30_000;

/** One function version in this worker: its isolate, when it has one, and the requests that wait for it or run in it. */
export class FunctionRuntime {
  readonly source: FunctionSource;
  readonly #port: RuntimePort;
  readonly #reports: CallReports;
  readonly #calls = new IdTable<Call>();
  #sandbox: Sandbox | undefined;
  #outside: OutsideWork | undefined;
  #starting = false;
  readonly #backOff = new StartBackOff();
  #timers = new CallTimers();
  #draining = false;
  /** How the isolate before this one ended. */
  #lastExit: IsolateExit | null = null;
  /** When it last had work, ms of the monotonic clock. */
  lastUsedMs = performance.now();

  constructor(source: FunctionSource, port: RuntimePort) {
    this.source = source;
    this.#port = port;
    this.#reports = new CallReports(port, source.limits);
  }

  get hasIsolate(): boolean {
    return this.#sandbox !== undefined || this.#starting;
  }
  get isIdle(): boolean {
    return this.#calls.size === 0 && !this.#starting;
  }

  invoke(id: number, meta: Messages["invoke"], bytes: Buffer): void {
    const response = new CallResponse({ call: id, limits: this.source.limits, port: this.#port });
    const call = new Call({ id, meta, bytes, response, cold: this.#sandbox === undefined });
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
    call.response.abandon();
    this.#sandbox?.enter(TO_ISOLATE.cancel, id, 0, "");
    this.#limitWaitUntil(call);
  }

  /** What the router says of a call's bodies: parts of the request's, credit for the response's. */
  hearBody(frame: BodyFrame): void {
    const call = this.#calls.get(frame.id);
    if (call === undefined) return;
    // Its isolate was lost after the router was told to send: the next one gets it.
    if (!call.begun) call.early.push(frame);
    else enterBody(call, frame, this.#sandbox);
  }

  /** Starts the function in an isolate of its own and ends that again. @throws StartError */
  probe(): Promise<void> {
    return probeStart(this.source, this.#port);
  }

  /** Starts the isolate before a request needs it. @throws StartError */
  async warm(): Promise<void> {
    const failed = await this.#startIsolate();
    if (failed !== undefined) throw failed;
  }

  /** Ends the isolate; only for an idle runtime. */
  evict(exit: IsolateExit): void {
    if (this.#sandbox !== undefined) this.#dropSandbox(exit).dispose();
  }

  /** Ends the isolate when the last request is over. */
  drain(): void {
    this.#draining = true;
    this.#endDrain();
  }

  async #startIsolate(): Promise<StartError | undefined> {
    if (this.#starting) return;
    const refusal = this.#backOff.refusal(performance.now());
    if (refusal !== undefined) return this.#notStarted(refusal);
    this.#starting = true;
    const callOf = (id: number) => this.#calls.get(id);
    const outside = new OutsideWork({ ...this.#port, source: this.source, callOf, sandbox: () => sandbox });
    const sandbox: Sandbox = this.#port.newSandbox({
      message: (kind, call, id, text, body) => this.#hear(sandbox, { kind, call, id, text, body }),
      lost: (exit, call, usedMs) => this.#lose(sandbox, { exit, culprit: call, usedMs }),
      overCpu: (call, usedMs) => this.#overCpu(sandbox, call, usedMs),
      host: outside.hostNow,
      stuck: () => this.#port.stuck(`${this.source.name}@${this.source.version} could not be stopped`),
    });
    try {
      await sandbox.start();
    } catch (error) {
      this.#starting = false;
      const failed = error instanceof StartError ? error : new StartError(`${error}`);
      this.#lastExit = "start-failed";
      this.#port.isolateEnded("start-failed");
      this.#backOff.failed(failed, performance.now());
      return this.#notStarted(failed);
    }
    this.#backOff.succeeded();
    this.#starting = false;
    this.#sandbox = sandbox;
    this.#outside = outside;
    this.#port.isolateStarted(this.#lastExit);
    for (const call of this.#calls.values()) this.#begin(call, sandbox);
    this.#endDrain();
  }

  #notStarted(failed: StartError): StartError {
    for (const call of this.#calls.values()) {
      this.#reports.say(call.head, "error", `the function could not be started: ${failed.message}`);
      this.#fail(call, this.#backOff.answer(failed, performance.now()));
    }
    return failed;
  }

  #begin(call: Call, sandbox: Sandbox): void {
    call.begun = true;
    if (call.losses > 0) sandbox.hold(call.id);
    this.#port.begin(call.id, () => {
      if (this.#sandbox !== sandbox || !this.#calls.has(call.id)) return;
      const body = call.body.length === 0 ? undefined : call.body;
      sandbox.enter(TO_ISOLATE.invoke, call.id, call.streams ? 1 : 0, call.headText, body);
      for (const frame of call.early.splice(0)) enterBody(call, frame, sandbox);
    });
  }

  #hear(sandbox: Sandbox, message: { kind: number; call: number; id: number; text: string; body: HostBody }): void {
    const { kind, id, text, body } = message;
    const call = this.#calls.get(message.call);
    if (kind === TO_HOST.log) return void this.#reports.log(call, LOG_LEVELS[id] ?? "info", text);
    if (kind === TO_HOST.logDropped) return void this.#reports.dropped(call, id);
    if (kind === TO_HOST.limitFired) return void this.#reports.limitFired(call?.head, { name: text, used: id });
    if (call === undefined || sandbox !== this.#sandbox) return;
    if (id !== 0 && BODY_KINDS.has(kind)) {
      this.#outside?.hear(call, { kind, id, text, body });
      return;
    }
    switch (kind) {
      case TO_HOST.answer:
        if (call.response.hasBegun) return;
        this.#take(
          call,
          call.response.answer({ flags: id, text, body }, () => this.#cost(call)),
        );
        return;
      case TO_HOST.part:
      case TO_HOST.partEnd:
      case TO_HOST.partFailed:
        if (kind === TO_HOST.partFailed) this.#logFailure(call, text, call.response.streams);
        this.#take(call, call.response.part(kind, body));
        return;
      case TO_HOST.credit:
        if (Number(text) > 0) this.#port.body("credit", call.id, { bytes: Number(text) });
        return;
      case TO_HOST.threw:
        this.#logFailure(call, text, !call.response.isSettled);
        this.#fail(call, { code: BINDING_FAULT_CODES[id - 1] ?? "ERR_FUNCTION_THREW" });
        return;
      case TO_HOST.invalidResponse:
        this.#fail(call, { code: "ERR_FUNCTION_RESPONSE", detail: text });
        return;
      case TO_HOST.limit:
        this.#fail(call, escapedLimit(text, id, this.source.limits));
        return;
      case TO_HOST.done:
        this.#end(call);
        return;
      case TO_HOST.timer:
        this.#timers.start(call.id, call.id, Number(text), () => sandbox.enter(TO_ISOLATE.timer, call.id, 0, ""));
        return;
      default:
        this.#outside?.hear(call, { kind, id, text, body });
    }
  }

  #take(call: Call, step: ResponseStep): void {
    if (step === "over") {
      this.#end(call, "told");
    } else if (step === "settled" || step === "streams") {
      this.#sandbox?.hold(call.id);
      if (step === "settled") this.#limitWaitUntil(call);
    } else {
      this.#fail(call, step);
      this.#endNow(call);
    }
  }

  #limitWaitUntil(call: Call): void {
    this.#timers.start(-call.id, call.id, WAIT_UNTIL_MS, () => {
      this.#reports.say(call.head, "warn", `promises given to waitUntil were dropped after ${WAIT_UNTIL_MS} ms`);
      this.#endNow(call);
    });
  }

  #fail(call: Call, failure: Failure): void {
    if (!call.response.fail(failure)) this.#reports.limit(call.head, failure);
    if (call.begun) this.#limitWaitUntil(call);
    else this.#end(call);
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
    const { exit, culprit, usedMs } = loss;
    this.#dropSandbox(exit);
    // Its request may be over already, as far as anybody waits for it.
    if (!this.#calls.has(culprit)) {
      this.#reports.limit(undefined, lossFailure({ exit, isCulprit: true, usedMs }, this.source.limits));
    }
    for (const call of this.#calls.values()) {
      if (isRepeatable(call, { exit, isCulprit: call.id === culprit, hasRun: sandbox.hasRun(call.id) })) {
        call.begun = false;
        call.losses++;
      } else {
        this.#fail(call, lossFailure({ exit, isCulprit: call.id === culprit, usedMs }, this.source.limits));
        this.#end(call, { ...this.#cost(call, sandbox), ...(call.id === culprit && { cpuMs: usedMs }) });
      }
    }
    if (this.#calls.size > 0) void this.#startIsolate();
  }

  #dropSandbox(exit: IsolateExit): Sandbox {
    const sandbox = this.#sandbox as Sandbox;
    this.#sandbox = undefined;
    this.#outside?.dispose();
    this.#outside = undefined;
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

  /** @param cost what the call has used, where its isolate cannot be asked; "told" when the answer has said it. */
  #end(call: Call, cost: CallCost | "told" = this.#cost(call)): void {
    this.#calls.delete(call.id);
    this.#reports.ended(call);
    this.#port.ended(call.id, cost === "told" ? undefined : cost);
    this.#timers.clearCall(call.id);
    this.#outside?.endCall(call.id);
    this.#sandbox?.forget(call.id);
    this.lastUsedMs = performance.now();
    this.#endDrain();
  }

  #cost({ id, cold }: Call, sandbox = this.#sandbox): CallCost {
    return { key: this.#port.key, cpuMs: sandbox?.cpuMs(id) ?? 0, cold };
  }

  #endDrain(): void {
    if (this.#draining && this.isIdle) this.evict("unloaded");
  }

  #logFailure(call: Call, text: string, endsResponse: boolean): void {
    if (endsResponse) this.#reports.say(call.head, "error", text);
    else this.#reports.log(call, "error", text);
  }
}
