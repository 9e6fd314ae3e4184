import { type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { LogVolume } from "../logVolume.ts";
import type { BodyFrame, Messages, RequestHead } from "../protocol/messages.ts";
import type { CallResponse } from "./callResponse.ts";
import { isAnsweringLimit } from "./heads.ts";
import { TO_ISOLATE } from "./isolatePort.ts";
import type { Sandbox, SandboxLoss } from "./sandbox.ts";

interface CallParts {
  readonly id: number;
  readonly meta: Messages["invoke"];
  /** Its head, then its own body. */
  readonly bytes: Buffer;
  /** It has to wait for an isolate. */
  readonly cold: boolean;
  readonly response: CallResponse;
}

/** A request in this worker. */
export class Call {
  readonly id: number;
  /** Its head in JSON, as it goes into the isolate. */
  readonly headText: string;
  readonly body: Buffer;
  /** The request's body comes in parts. */
  readonly streams: boolean;
  /** It had to wait for an isolate. */
  readonly cold: boolean;
  begun = false;
  /** Parts of its body are in the isolate and nowhere else. */
  fed = false;
  /** Parts that came while it had no isolate. */
  readonly early: BodyFrame[] = [];
  subRequests = 0;
  /** Operations of bindings. */
  bindingCalls = 0;
  /** What it did can be seen outside. */
  hasEffect = false;
  readonly response: CallResponse;
  readonly logged = new LogVolume();
  /** Isolates that were lost under it. */
  losses = 0;
  #head: RequestHead | undefined;

  constructor({ id, meta, bytes, cold, response }: CallParts) {
    this.id = id;
    this.headText = bytes.toString("utf8", 0, meta.headBytes);
    this.body = bytes.subarray(meta.headBytes);
    this.streams = meta.streams === true;
    this.cold = cold;
    this.response = response;
  }

  /** Its head, read when somebody asks. */
  get head(): RequestHead {
    this.#head ??= JSON.parse(this.headText) as RequestHead;
    return this.#head;
  }
}

/**
 * Whether a request of a lost isolate is run again. What the isolate had not begun always is. After a slice the code was not to
 * blame by any limit that it knows of: whatever it had not told the host it had not done, so that the method says nothing.
 */
export function isRepeatable(
  call: Call,
  loss: { readonly exit: SandboxLoss; readonly isCulprit: boolean; readonly hasRun: boolean },
): boolean {
  const { fed, hasEffect, losses, response } = call;
  if (fed || response.hasBegun) return false;
  if (!loss.hasRun) return true;
  if (losses > 0 || hasEffect) return false;
  if (loss.exit === "slice") return true;
  return !loss.isCulprit && (call.head.method === "GET" || call.head.method === "HEAD");
}

const LOSS_DETAILS: Readonly<Record<SandboxLoss, string>> = {
  cpu: "limit: cpuMs.",
  heap: "limit: heapMb.",
  slice: "It held the worker's thread for too long.",
};

/** What a request of a lost isolate is answered with. */
export function lossFailure(
  { exit, isCulprit, usedMs }: { readonly exit: SandboxLoss; readonly isCulprit: boolean; readonly usedMs: number },
  limits: FunctionLimits,
): Failure {
  if (!isCulprit || exit === "slice") return { code: "ERR_ISOLATE_LOST", detail: LOSS_DETAILS[exit] };
  return exit === "cpu" ? limitFailure("cpuMs", limits, usedMs) : limitFailure("heapMb", limits, limits.heapMb);
}

/** The answer of a limit whose error a handler let escape, by what its isolate says of it. */
export function escapedLimit(name: string, used: number, limits: FunctionLimits): Failure {
  return isAnsweringLimit(name) ? limitFailure(name, limits, used) : { code: "ERR_FUNCTION_THREW" };
}

/** Hands on what the router says of a call's bodies: parts of the request's, credit for the response's. */
export function enterBody(call: Call, frame: BodyFrame, sandbox: Sandbox | undefined): void {
  const { id } = call;
  switch (frame.kind) {
    case "part":
      call.fed = true;
      sandbox?.hold(id);
      sandbox?.enter(TO_ISOLATE.part, id, 0, "", frame.body);
      return;
    case "partEnd":
      sandbox?.enter(TO_ISOLATE.partEnd, id, 0, "");
      return;
    case "partFailed":
      sandbox?.enter(TO_ISOLATE.partFailed, id, 0, frame.meta.message);
      return;
    case "credit":
      call.response.credit(frame.meta.bytes);
      sandbox?.enter(TO_ISOLATE.credit, id, 0, `${frame.meta.bytes}`);
      return;
  }
}
