import { type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { SendWindow, WINDOW_BYTES } from "../protocol/credit.ts";
import type { CallCost } from "../protocol/messages.ts";
import { parseResponseHead } from "./heads.ts";
import { hostByteLength, hostBytes } from "./hostBytes.ts";
import { ANSWER_FLAGS, type HostBody, TO_HOST } from "./isolatePort.ts";
import type { RuntimePort } from "./runtimePort.ts";

interface ResponseParts {
  readonly call: number;
  readonly limits: FunctionLimits;
  readonly port: Pick<RuntimePort, "answer" | "body" | "failed">;
}

/** An answer as its isolate gives it; `flags` are ANSWER_FLAGS. */
interface SaidAnswer {
  readonly flags: number;
  readonly text: string;
  readonly body: HostBody;
}

/** What an isolate's word on a response means for the call: `over` leaves nothing of it, `settled` only waitUntil. */
export type ResponseStep = "streams" | "settled" | "over" | Failure;

const NOTHING = Buffer.alloc(0);

/** The response of one call on its way from its isolate to the router. */
export class CallResponse {
  readonly #parts: ResponseParts;
  /** What of a body that streams the router still takes; the isolate has promised to keep to it. */
  readonly #window = new SendWindow();
  #stage: "none" | "streaming" | "settled" = "none";

  constructor(parts: ResponseParts) {
    this.#parts = parts;
  }

  get hasBegun(): boolean {
    return this.#stage !== "none";
  }
  get streams(): boolean {
    return this.#stage === "streaming";
  }
  get isSettled(): boolean {
    return this.#stage === "settled";
  }

  /** @param cost what the call has used; it goes along when nothing is left of the call. */
  answer({ flags, text, body }: SaidAnswer, cost: () => CallCost): ResponseStep {
    const { call, limits, port } = this.#parts;
    const parsed = parseResponseHead(text, limits.responseHeaderBytes);
    if (parsed.kind === "too-large") return limitFailure("responseHeaderBytes", limits, parsed.bytes);
    if (parsed.kind === "invalid") return { code: "ERR_FUNCTION_RESPONSE" };
    const bytes = hostByteLength(body);
    if (bytes > limits.responseBodyBytes) return limitFailure("responseBodyBytes", limits, bytes);
    if (bytes > WINDOW_BYTES) return { code: "ERR_FUNCTION_RESPONSE", detail: "A body of this size has to stream." };
    const streams = (flags & ANSWER_FLAGS.streams) !== 0;
    const over = (flags & ANSWER_FLAGS.over) !== 0;
    this.#stage = streams ? "streaming" : "settled";
    const answer = { head: parsed.head, ...(streams && { streams }), ...(over && { cost: cost() }) };
    port.answer(call, answer, hostBytes(body));
    if (over) return "over";
    return streams ? "streams" : "settled";
  }

  /** A part of the body, or its end. */
  part(kind: number, body: HostBody): ResponseStep {
    const { call, port } = this.#parts;
    // What was given up goes on for a while in its isolate.
    if (this.#stage !== "streaming") return "streams";
    if (kind === TO_HOST.part) {
      if (!this.#window.spend(hostByteLength(body))) {
        return { code: "ERR_FUNCTION_RESPONSE", detail: "The stream went over its credit." };
      }
      port.body("part", call, null, hostBytes(body) ?? NOTHING);
      return "streams";
    }
    this.#stage = "settled";
    if (kind === TO_HOST.partEnd) port.body("partEnd", call, null);
    else port.body("partFailed", call, { message: "the function's stream failed; its log has the stack" });
    return "settled";
  }

  credit(bytes: number): void {
    this.#window.grant(bytes);
  }

  /** @returns whether the failure answers the call; a response that has come to its end is not touched by it. */
  fail(failure: Failure): boolean {
    const answers = this.#stage !== "settled";
    if (answers) this.#parts.port.failed(this.#parts.call, failure);
    this.#stage = "settled";
    return answers;
  }

  /** Nobody waits for it any more. */
  abandon(): void {
    this.#stage = "settled";
  }
}
