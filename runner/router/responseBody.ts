import type { ServerResponse } from "node:http";
import { type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { ReceiveWindow } from "../protocol/credit.ts";
import { freeBytes } from "../protocol/freeBytes.ts";
import { BodyTimer } from "./bodyTimer.ts";

/** Why a response ends before it is whole. */
export type Cut = Failure | { readonly cause: "function" | "protocol"; readonly reason: string };

const REASON_CHARS_MAX = 200;

interface BodyParts {
  readonly response: ServerResponse;
  readonly limits: FunctionLimits;
  /** What the head promises; undefined for a body of unknown length. */
  readonly declaredBytes: number | undefined;
  /** Gives so many bytes of credit back to the worker. */
  giveBack(bytes: number): void;
  /** The body cannot be brought to its end. */
  cut(cut: Cut): void;
}

/** A response's body on its way to the client, as fast as the client takes it. */
export class ResponseBody {
  readonly #parts: BodyParts;
  readonly #window = new ReceiveWindow();
  readonly #timer: BodyTimer;
  #sentBytes = 0;
  #over = false;

  constructor(parts: BodyParts) {
    this.#parts = parts;
    this.#timer = new BodyTimer(parts.limits, (limit, usedMs) => this.#cut(limitFailure(limit, parts.limits, usedMs)));
    this.#timer.run();
    parts.response.once("close", () => this.#stop());
  }

  /** @param bytes its own from then on */
  part(bytes: Buffer): void {
    if (this.#over) return;
    const { length } = bytes;
    const { response, limits, declaredBytes, giveBack } = this.#parts;
    this.#timer.part();
    this.#sentBytes += length;
    if (!this.#window.receive(length)) {
      this.#cut({ cause: "protocol", reason: "the worker sent more than it was asked for" });
      return;
    }
    if (this.#sentBytes > limits.responseBodyBytes) {
      this.#cut(limitFailure("responseBodyBytes", limits, this.#sentBytes));
      return;
    }
    if (declaredBytes !== undefined && this.#sentBytes > declaredBytes) {
      this.#cut({ cause: "function", reason: `its body is longer than its content-length of ${declaredBytes}` });
      return;
    }
    response.write(bytes, (error) => {
      if (error) return;
      this.#timer.part();
      const credit = this.#window.consume(length);
      freeBytes(bytes);
      if (credit > 0) giveBack(credit);
    });
  }

  end(): void {
    if (this.#over) return;
    const { response, declaredBytes } = this.#parts;
    if (declaredBytes !== undefined && this.#sentBytes < declaredBytes) {
      const reason = `its body ended after ${this.#sentBytes} of the ${declaredBytes} bytes of its content-length`;
      this.#cut({ cause: "function", reason });
      return;
    }
    this.#over = true;
    // The timer goes on: what the client has not taken yet is still in its way.
    response.end(() => this.#timer.pause());
  }

  fail(reason: string): void {
    if (!this.#over) this.#cut({ cause: "function", reason: `${reason}`.slice(0, REASON_CHARS_MAX) });
  }

  #cut(cut: Cut): void {
    this.#stop();
    this.#parts.cut(cut);
  }

  #stop(): void {
    this.#over = true;
    this.#timer.pause();
  }
}
