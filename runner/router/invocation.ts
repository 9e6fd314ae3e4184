import type { IncomingMessage } from "node:http";
import { limitFailure } from "../errors.ts";
import type { BodyFrame, RequestHead } from "../protocol/messages.ts";
import type { Caller, Family, Outcome, RunningCall } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";
import { hasBody, RequestBody } from "./requestBody.ts";
import type { ResponseBody } from "./responseBody.ts";
import { WallClock } from "./wallClock.ts";
import type { WorkerPool } from "./workerPool.ts";

const NO_BODY = Buffer.alloc(0);

interface InvocationParts {
  readonly deployment: Deployment;
  readonly head: RequestHead;
  readonly exchange: Exchange;
  readonly family: Family;
  readonly pool: WorkerPool;
}

/** One request that has found its function: joins the client's two bodies and the worker. */
export class Invocation implements Caller {
  readonly #parts: InvocationParts;
  readonly #wall: WallClock;
  readonly #body: RequestBody | undefined;
  #call: RunningCall | undefined;
  #response: ResponseBody | undefined;

  constructor(message: IncomingMessage, parts: InvocationParts) {
    this.#parts = parts;
    const { exchange, deployment, pool } = parts;
    const { limits } = deployment.manifest;
    this.#wall = new WallClock(limits.wallMs, (usedMs) => {
      exchange.fail(pool.connected === 0 ? { code: "ERR_NO_WORKER" } : limitFailure("wallMs", limits, usedMs));
      this.#end();
    });
    exchange.closed = () => this.#end();
    if (!hasBody(message)) return;
    this.#body = new RequestBody(message, limits, {
      failed: (failure) => {
        exchange.fail(failure);
        this.#end();
      },
      // Wall time is the function's, and begins again with each part that it takes: the body has limits of its own.
      waiting: (forClient) => (forClient ? this.#wall.pause() : this.#wall.run()),
    });
  }

  /** Runs the function once its request's body is here, or has begun to come. */
  start(): void {
    if (this.#body === undefined) this.#run(NO_BODY);
    else void this.#body.arrive().then((body) => this.#run(body));
  }

  #run(body: Buffer | "streams" | "nothing"): void {
    const { deployment, exchange, family, head, pool } = this.#parts;
    if (body === "nothing" || exchange.isAnswered) return;
    const streams = body === "streams";
    const run = pool.run({
      deployment,
      head,
      body: streams ? NO_BODY : body,
      streams,
      caller: this,
      arrivedMs: exchange.arrivedMs,
      family,
    });
    if ("code" in run) exchange.fail(run);
    else this.#call = run;
  }

  settle(outcome: Outcome): void {
    const { exchange } = this.#parts;
    this.#wall.stop();
    if (outcome.kind === "stream") {
      this.#body?.answered();
      this.#answered(() => {
        this.#response = exchange.begin(outcome.head, (bytes) => this.#call?.sendBody("credit", { bytes }));
      });
      // Refused by a limit: nobody hears the rest.
      if (this.#response === undefined) this.#call?.cancel();
      return;
    }
    if (outcome.kind === "failed") exchange.fail(outcome.failure);
    else this.#answered(() => exchange.answer(outcome.head, outcome.body));
    this.#body?.discard();
  }

  begun(): void {
    this.#body?.stream((kind, meta, bytes) => this.#call?.sendBody(kind, meta, bytes));
  }

  hearBody(frame: BodyFrame): void {
    switch (frame.kind) {
      case "credit":
        this.#body?.credit(frame.meta.bytes);
        return;
      case "part":
        this.#response?.part(frame.body);
        return;
      case "partEnd":
        this.#response?.end();
        this.#body?.discard();
        return;
      case "partFailed":
        this.#response?.fail(frame.meta.message);
        this.#body?.discard();
        return;
    }
  }

  /** A worker can send any head: its client hears of it, whatever becomes of the worker. */
  #answered(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.#parts.exchange.fail({ code: "ERR_FUNCTION_RESPONSE" });
      throw error;
    }
  }

  /** The exchange is over, or cannot be saved. */
  #end(): void {
    this.#wall.stop();
    this.#body?.discard();
    this.#call?.cancel();
  }
}
