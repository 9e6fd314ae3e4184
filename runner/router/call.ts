import type { Failure } from "../errors.ts";
import type { RequestHead, ResponseHead } from "../protocol/messages.ts";
import type { Deployment } from "./deployment.ts";
import type { Slot } from "./workerSlots.ts";

export type Outcome =
  | { readonly kind: "answer"; readonly head: ResponseHead; readonly cpuMs: number; readonly body: Buffer }
  | { readonly kind: "failed"; readonly failure: Failure };

/** One request on its way through queue, lane and worker. */
export interface Call {
  readonly id: number;
  readonly deployment: Deployment;
  readonly head: RequestHead;
  readonly body: Buffer;
  readonly settle: (outcome: Outcome) => void;
  readonly arrivedMs: number;
  /** `queued`: its function runs as many as it may. `laned`: no worker has a place. `placed`: a worker has it. */
  stage: "queued" | "laned" | "placed" | "over";
  slot: Slot | undefined;
  /** The worker was told of it; before that, its function's modules may still be on their way. */
  sent: boolean;
  /** Tenant code has run in its name. */
  begun: boolean;
  /** It has had an effect outside its isolate. */
  effect: boolean;
  /** Workers that died under it after it had begun, or while they started its function. */
  losses: number;
}

/** Workers that may die under one begun request before it is answered with an error. */
const LOSSES_MAX = 2;

/** Whether a request whose worker died may run once more without anybody noticing that it ran before. */
export function isRepeatable({ begun, effect, head, losses }: Call): boolean {
  if (losses >= LOSSES_MAX) return false;
  return !begun || (!effect && (head.method === "GET" || head.method === "HEAD"));
}

/** Whether a request's code may have run when its worker died: it had begun, or its function was being started for it. */
export function isSuspect(call: Call, slot: Slot): boolean {
  return call.begun || (call.sent && slot.loads?.hasBegun(call.deployment.key) === false);
}
