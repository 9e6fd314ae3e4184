import type { IncomingMessage } from "node:http";
import { type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import { PART_BYTES_MAX, SendWindow } from "../protocol/credit.ts";
import { freeBytes } from "../protocol/freeBytes.ts";
import type { Messages } from "../protocol/messages.ts";
import { BodyTimer } from "./bodyTimer.ts";
import { PartQueue } from "./partQueue.ts";

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
  /** What has come and waits for credit. */
  readonly #queue = new PartQueue();
  #isFlowing = false;
  #hasEnded = false;
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
    this.#message.on("data", (chunk: Buffer) => this.#arrived(chunk)).once("end", () => this.#ended());
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
    const streamed = this.#stage === "streaming";
    this.#stage = "discarding";
    this.#queue.clear();
    if (this.#hasEnded) this.#ended();
    else if (streamed) this.#message.resume();
    else this.#message.on("readable", () => this.#drop()).once("end", () => this.#ended());
    if (!streamed) this.#drop();
    this.#wait(this.#stage === "discarding");
  }

  /** The client has gone, or all is read. */
  #closed(): void {
    // It has come whole, and its last parts wait for credit.
    if (this.#hasEnded && this.#queue.bytes > 0) return;
    this.#stage = "over";
    this.#queue.clear();
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

  #arrived(chunk: Buffer): void {
    if (!this.#count(chunk.length)) return;
    if (this.#stage !== "streaming") {
      freeBytes(chunk);
      return;
    }
    this.#queue.push(chunk);
    if (this.#queue.bytes >= PART_BYTES_MAX) this.#message.pause();
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    // Small chunks that one read of the socket brings leave together.
    process.nextTick(() => {
      this.#isFlowing = false;
      this.#flow();
    });
  }

  /** Sends what has come, as far as there is credit. */
  #flow(): void {
    if (this.#stage !== "streaming") return;
    while (this.#queue.bytes > 0 && this.#window.partBytes > 0) {
      const part = this.#queue.take(this.#window.partBytes);
      this.#window.spend(part.length);
      this.#send?.("part", null, part);
    }
    if (this.#hasEnded && this.#queue.bytes === 0) {
      this.#ended();
      return;
    }
    if (this.#queue.bytes < PART_BYTES_MAX && this.#message.isPaused()) this.#message.resume();
    this.#wait(this.#window.partBytes > 0);
  }

  /** Reads what nobody wants. */
  #drop(): void {
    if (this.#stage !== "discarding") return;
    for (let chunk = this.#message.read(); chunk !== null; chunk = this.#message.read()) {
      if (!this.#count(chunk.length)) return;
      freeBytes(chunk);
    }
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
    this.#hasEnded = true;
    // The last parts wait for credit.
    if (this.#stage === "streaming" && this.#queue.bytes > 0) return;
    if (this.#stage === "streaming") this.#send?.("partEnd", null);
    this.#stage = "over";
    this.#wait(false);
  }

  #fail(failure: Failure): void {
    const wasDiscarding = this.#stage === "discarding";
    this.#stage = "over";
    this.#queue.clear();
    this.#wait(false);
    if (wasDiscarding) this.#message.destroy();
    else this.#events.failed(failure);
  }
}
