import type { IncomingMessage } from "node:http";
import { type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { PART_BYTES_MAX, SendWindow } from "../protocol/credit.ts";
import type { Messages } from "../protocol/messages.ts";
import { BodyTimer } from "./bodyTimer.ts";

/** Largest body that is collected before its request is dispatched, bytes: one part. */
const WHOLE_BYTES_MAX = PART_BYTES_MAX;
/** Bytes that whole bodies hold at once, all functions together. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;

interface BodyEvents {
  /** A limit fired; the client's connection cannot be used any more. */
  failed(failure: Failure): void;
  /** Whether the function waits for the client just now. */
  waiting(forClient: boolean): void;
}

export type SendPart = <K extends "part" | "partEnd">(kind: K, meta: Messages[K], bytes?: Buffer) => void;

/** What the head says of the body's length; 0 where it says nothing, bytes. */
function declaredBytes({ headers }: IncomingMessage): number {
  return Number(headers["content-length"] ?? 0);
}

/** Whether a body follows a request's head. */
export function hasBody(message: IncomingMessage): boolean {
  return message.headers["transfer-encoding"] !== undefined || declaredBytes(message) > 0;
}

/**
 * The body of a request that {@link hasBody}. A small one is collected; any other is read no faster than its function takes it, so at most a
 * window and what the socket holds are under way.
 */
export class RequestBody {
  static #heldByAll = 0;

  readonly #message: IncomingMessage;
  readonly #limits: FunctionLimits;
  readonly #events: BodyEvents;
  readonly #window = new SendWindow();
  readonly #timer: BodyTimer;
  #stage: "unread" | "collecting" | "waiting" | "streaming" | "discarding" | "over" = "unread";
  #send: SendPart | undefined;
  #beganMs = 0;
  #answered = false;
  #seenBytes = 0;
  #heldBytes = 0;

  constructor(message: IncomingMessage, limits: FunctionLimits, events: BodyEvents) {
    this.#message = message;
    this.#limits = limits;
    this.#events = events;
    this.#timer = new BodyTimer(limits, (limit, usedMs) => this.#fail(limitFailure(limit, limits, usedMs)));
    message.once("close", () => this.#closed());
  }

  /**
   * How the body travels.
   *
   * @returns the body when it is whole; "streams"; or "nothing" when a limit fired or the client has gone.
   */
  async arrive(): Promise<Buffer | "streams" | "nothing"> {
    const declared = declaredBytes(this.#message);
    if (declared > this.#limits.requestBodyBytes) {
      this.#fail(limitFailure("requestBodyBytes", this.#limits, declared));
      return "nothing";
    }
    // A body that came with its head has been parsed by now.
    if (declared === 0) await undefined;
    const isShort = declared === 0 ? this.#message.complete : declared <= WHOLE_BYTES_MAX;
    if (!isShort || this.#message.readableLength > WHOLE_BYTES_MAX) {
      this.#stage = "waiting";
      return "streams";
    }
    return this.#collect();
  }

  /** Sends what comes from now on. */
  stream(send: SendPart): void {
    if (this.#stage !== "waiting") return;
    this.#stage = "streaming";
    this.#beganMs = performance.now();
    this.#send = send;
    this.#message.on("readable", () => this.#flow()).once("end", () => this.#ended());
    this.#flow();
  }

  /** The function has taken so many bytes. */
  credit(bytes: number): void {
    this.#window.grant(bytes);
    // The timer counts what the client takes; what the function takes is looked at whenever it took something.
    const usedMs = performance.now() - this.#beganMs;
    if (this.#stage === "streaming" && !this.#answered && usedMs > this.#limits.bodyTotalMs) {
      this.#fail(limitFailure("bodyTotalMs", this.#limits, usedMs));
      return;
    }
    this.#flow();
  }

  /** The head of the answer is out: the function may leave the rest of the body where it is for as long as it answers. */
  answered(): void {
    this.#answered = true;
  }

  /**
   * Nobody wants the rest: what is still to come is read, within the same limits, and dropped, so that the connection can carry
   * another request.
   */
  discard(): void {
    this.#release();
    if (this.#stage === "over" || this.#stage === "discarding" || this.#message.destroyed) return;
    const listens = this.#stage === "streaming";
    this.#stage = "discarding";
    if (!listens) this.#message.on("readable", () => this.#flow()).once("end", () => this.#ended());
    this.#flow();
  }

  /** The client has gone, or all is read. */
  #closed(): void {
    this.#stage = "over";
    this.#timer.pause();
  }

  #release(): void {
    RequestBody.#heldByAll -= this.#heldBytes;
    this.#heldBytes = 0;
  }

  #collect(): Promise<Buffer | "nothing"> {
    this.#stage = "collecting";
    const chunks: Buffer[] = [];
    return new Promise((resolve) => {
      const take = () => {
        if (this.#stage !== "collecting") return;
        for (let chunk = this.#message.read(); chunk !== null; chunk = this.#message.read()) {
          if (!this.#count(chunk.length)) return;
          this.#heldBytes += chunk.length;
          RequestBody.#heldByAll += chunk.length;
          chunks.push(chunk);
        }
        if (RequestBody.#heldByAll > HELD_BYTES_MAX) this.#fail({ code: "ERR_OVERLOADED" });
      };
      this.#message
        .on("readable", take)
        .once("end", () => {
          if (this.#stage !== "collecting") return;
          this.#ended();
          resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
        })
        .once("close", () => resolve("nothing"));
      this.#wait(true);
      take();
    });
  }

  #flow(): void {
    const isStreaming = this.#stage === "streaming";
    if (!isStreaming && this.#stage !== "discarding") return;
    for (;;) {
      const room = isStreaming ? this.#window.partBytes : PART_BYTES_MAX;
      if (room === 0) break;
      const bytes = Math.min(room, this.#message.readableLength);
      // Asking for nothing makes the stream look for more, and for its end.
      const part: Buffer | null = this.#message.read(bytes);
      if (part === null) break;
      if (!this.#count(part.length)) return;
      if (!isStreaming) continue;
      this.#window.spend(part.length);
      this.#send?.("part", null, part);
    }
    this.#wait(!isStreaming || this.#window.partBytes > 0);
  }

  /** @returns false when the body is over its limit. */
  #count(bytes: number): boolean {
    this.#timer.part();
    this.#seenBytes += bytes;
    if (this.#seenBytes <= this.#limits.requestBodyBytes) return true;
    this.#fail(limitFailure("requestBodyBytes", this.#limits, this.#seenBytes));
    return false;
  }

  #wait(forClient: boolean): void {
    if (forClient) this.#timer.run();
    else this.#timer.pause();
    this.#events.waiting(forClient);
  }

  #ended(): void {
    if (this.#stage === "streaming") this.#send?.("partEnd", null);
    this.#stage = "over";
    this.#wait(false);
  }

  #fail(failure: Failure): void {
    const wasDiscarding = this.#stage === "discarding";
    this.#stage = "over";
    this.#wait(false);
    if (wasDiscarding) this.#message.destroy();
    else this.#events.failed(failure);
  }
}
