import type { Failure } from "../errors.ts";
import type { HostCompute } from "./cryptoPort.ts";
import { type HostBody, LOG_LINE_CHARS_MAX } from "./isolatePort.ts";

/** `slice`: an entry held the worker's thread; the function's entries will run on another from now on. */
export type SandboxLoss = "cpu" | "heap" | "slice";

/** Work of the host that an isolate waits for. It is paid for before it is done: by the request, at the top level by the start. */
export interface HostNow {
  readonly compute: HostCompute;
  /** @returns undefined when it is paid for, else what {@link HostCompute} gives instead of an output */
  pay(call: number, costMs: number): string | number | undefined;
}

/** What a sandbox tells its owner. `call` is 0 for what no request has asked for. */
export interface SandboxEvents {
  message(kind: number, call: number, id: number, text: string, body: HostBody): void;
  /** A limit fired; the sandbox is gone. `call` is the request that was running. */
  lost(exit: SandboxLoss, call: number, usedMs: number): void;
  /** A request has used more CPU time than it may; it does not run just now, and the sandbox goes on without it. */
  overCpu(call: number, usedMs: number): void;
  /** Does small host work. */
  readonly host: HostNow;
  /** Code that cannot be stopped still runs in this process: the process has to go. */
  stuck(): void;
}

/** One running function version, cut off from everything but its events. isolated-vm is behind this interface. */
export interface Sandbox {
  /** Resolves when the function can take requests. @throws StartError */
  start(): Promise<void>;
  /** Runs one entry, now or soon; entries run in order, and their CPU time is charged to `call`. */
  enter(kind: number, call: number, id: number, text: string, body?: Buffer): void;
  /** Adds what was done for a request outside of the isolate, ms of CPU time. */
  charge(call: number, cpuMs: number): void;
  /** CPU time of a request so far, what runs now included, ms. */
  cpuMs(call: number): number;
  /** Whether any entry of the request has begun to run. */
  hasRun(call: number): boolean;
  /** The request cannot be run again: until it is over, nothing of the sandbox runs where it could be stopped for the worker's sake. */
  hold(call: number): void;
  /** The request is over; later work in its name is charged from zero. */
  forget(call: number): void;
  dispose(): void;
}

/** The function cannot start; the message says why, with file and line where known. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** What a request that waited for it is answered with. */
  readonly failure: Failure;

  constructor(message: string, failure: Failure = { code: "ERR_FUNCTION_START" }) {
    super(message);
    this.failure = failure;
  }
}

/** Each begins where a line or a bracket does: the texts are the function's, and time spent on them is everybody's. */
const FRAME = /^[ \t]+at (?:[^\n]*\()?([^()\s]+:\d+:\d+)/m;
const PLACE_AT_END = /\[[^[\]]+:\d+:\d+\]$/;

/** What a person needs to mend the function: the error, and where. */
export function startReason(error: unknown): string {
  if (!(error instanceof Error)) return cut(`the module threw ${String(error)}`);
  const text = cut(`${error.name}: ${error.message}`);
  if (PLACE_AT_END.test(text)) return text;
  const frame = FRAME.exec(cut(`${error.stack ?? ""}`))?.[1];
  return frame === undefined || frame.startsWith("file:") ? text : `${text} [${frame}]`;
}

function cut(text: string): string {
  return text.slice(0, LOG_LINE_CHARS_MAX);
}
