import type { Failure } from "../errors.ts";
import type { BodyFrame, CallCost, IsolateExit, LimitEvent, LogLine, Messages } from "../protocol/messages.ts";
import type { BrokerClient } from "./brokerClient.ts";
import type { JobQueue } from "./hostWork/jobQueue.ts";
import type { Sandbox, SandboxEvents } from "./sandbox.ts";

/** How a runtime reaches the rest of its worker. */
export interface RuntimePort {
  readonly key: number;
  /** @param options `isTrial`: it is none of the runtime's own, and ends when it has started. */
  newSandbox(events: SandboxEvents, options?: { readonly isTrial: boolean }): Sandbox;
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
  /** Runs `enter`, the call's first entry, once the router has been told that it begins. */
  begin(call: number, enter: () => void): void;
  readonly broker: BrokerClient;
  /** Work of the host that the worker's functions share. */
  readonly jobs: JobQueue;
  stuck(reason: string): void;
}
