import type { EdgeInfo } from "../contract.ts";
import type { Failure } from "../errors.ts";
import type { BodyFrame, Frame, Messages, RequestHead, ResponseHead } from "../protocol/messages.ts";
import type { Deployment } from "./deployment.ts";
import type { Slot } from "./workerSlots.ts";

export type Outcome =
  | { readonly kind: "answer"; readonly head: ResponseHead; readonly body: Buffer }
  /** The body follows through {@link Caller.hearBody}. */
  | { readonly kind: "stream"; readonly head: ResponseHead }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Who asked for a call. */
export interface Caller {
  /** Once; a second time with a failure when a body that streams cannot come to its end. */
  settle(outcome: Outcome): void;
  /** The handler runs from now on: parts of the request's body may be sent. */
  begun(): void;
  hearBody(frame: BodyFrame): void;
}

/** What one request from outside has set going: itself, and the functions that run for it. */
export interface Family {
  /** Functions that were run through bindings. */
  functionCalls: number;
}

/** What the router knows of a request whose function may ask another one for something. */
export interface Asker {
  readonly deployment: Deployment;
  readonly family: Family;
  readonly edge: EdgeInfo;
}

/** One request on its way through queue, lane and worker. */
export interface Call {
  readonly id: number;
  readonly deployment: Deployment;
  readonly head: RequestHead;
  readonly body: Buffer;
  /** The body follows in parts. */
  readonly streams: boolean;
  readonly caller: Caller;
  readonly arrivedMs: number;
  readonly family: Family;
  /** `queued`: its function runs as many as it may. `laned`: no worker has a place. `placed`: a worker has it. */
  stage: "queued" | "laned" | "placed" | "over";
  slot: Slot | undefined;
  /** The worker was told of it; before that, its function's modules may still be on their way. */
  sent: boolean;
  /** Tenant code has run in its name. */
  begun: boolean;
  /** It has had an effect outside its isolate. */
  effect: boolean;
  /** The head of its answer is out. */
  answering: boolean;
  /** Work of it may go on in its worker after it is over here: what was given to waitUntil. */
  lingers: boolean;
  /** Workers that died under it after it had begun, or while they started its function. */
  losses: number;
  /** Those of them that were nobody's fault. */
  excused: number;
  /** When the last of them died. */
  lostAtMs: number;
}

/** Workers that may die under one begun request before it is answered with an error; those that were killed from outside do not count. */
const LOSSES_MAX = 2;

/** Whether a request whose worker died may run once more without anybody noticing that it ran before. */
export function isRepeatable({ answering, begun, effect, excused, head, losses, streams }: Call): boolean {
  // A body that streams flows, and is gone from here, from the beginning on.
  if (losses - excused >= LOSSES_MAX || answering || (begun && streams)) return false;
  return !begun || (!effect && (head.method === "GET" || head.method === "HEAD"));
}

/** Whether nothing of a call is left in its worker. An answer may say so of a call that was given up while it was on its way. */
export function isLastWord(frame: Frame): boolean {
  return frame.kind === "over" || (frame.kind === "answer" && frame.meta.cost !== undefined);
}

/** Whether a request's code may have run when its worker died: it had begun, or its function was being started for it. */
export function isSuspect(call: Call, slot: Slot): boolean {
  return call.begun || (call.sent && slot.loads?.hasBegun(call.deployment.key) === false);
}

/** Functions whose code may have run in a worker that died. */
export function suspectsIn(slot: Slot): Deployment[] {
  const running = slot.calls.values().filter((call) => isSuspect(call, slot));
  return [
    ...running.map(({ deployment }) => deployment),
    ...slot.lingering.values().map(({ deployment }) => deployment),
    ...(slot.loads?.onTrial ?? []),
  ];
}

/** What a call is asked for with. */
export type Request = Pick<Call, "deployment" | "head" | "body" | "streams" | "caller" | "arrivedMs" | "family">;

/** A call that is under way. */
export interface RunningCall {
  /** The client has gone, or its time is over. */
  cancel(): void;
  /** Dropped when the call is over. */
  sendBody<K extends BodyFrame["kind"]>(kind: K, meta: Messages[K], bytes?: Buffer): void;
}

/** @param over called when its asker gives it up */
export function runningCall(call: Call, over: () => void): RunningCall {
  return {
    cancel() {
      if (call.stage === "over") return;
      if (call.sent) call.slot?.link?.send("cancel", call.id, null);
      over();
    },
    sendBody(kind, meta, bytes) {
      if (call.stage === "placed") call.slot?.link?.give(kind, call.id, meta, bytes);
    },
  };
}

export function askerOf({ deployment, family, head }: Call): Asker {
  return { deployment, family, edge: head.edge };
}

export function newCall(id: number, request: Request): Call {
  const { deployment, head, body, streams, caller, arrivedMs, family } = request;
  return {
    id,
    deployment,
    head,
    body,
    streams,
    caller,
    arrivedMs,
    family,
    stage: "queued",
    slot: undefined,
    sent: false,
    begun: false,
    effect: false,
    answering: false,
    lingers: true,
    losses: 0,
    excused: 0,
    lostAtMs: 0,
  };
}
