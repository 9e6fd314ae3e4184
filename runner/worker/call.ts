import type { RequestHead } from "../protocol/messages.ts";
import type { CallResponse } from "./callResponse.ts";
import type { SandboxLoss } from "./sandbox.ts";

/** A request in this worker. */
export interface Call {
  readonly id: number;
  readonly head: RequestHead;
  readonly body: Buffer;
  /** The request's body comes in parts. */
  readonly streams: boolean;
  /** It had to wait for an isolate. */
  readonly cold: boolean;
  begun: boolean;
  /** Parts of its body are in the isolate and nowhere else. */
  fed: boolean;
  subRequests: number;
  readonly response: CallResponse;
  /** Isolates that were lost under it. */
  losses: number;
}

/**
 * Whether a request of a lost isolate is run again. What the isolate had not begun always is. After a slice the code was not to
 * blame by any limit that it knows of: whatever it had not told the host it had not done, so that the method says nothing.
 */
export function isRepeatable(
  { fed, head, losses, response, subRequests }: Call,
  loss: { readonly exit: SandboxLoss; readonly isCulprit: boolean; readonly hasRun: boolean },
): boolean {
  if (fed || response.hasBegun) return false;
  if (!loss.hasRun) return true;
  if (losses > 0 || subRequests > 0) return false;
  if (loss.exit === "slice") return true;
  return !loss.isCulprit && (head.method === "GET" || head.method === "HEAD");
}
