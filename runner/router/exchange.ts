import type { IncomingMessage, ServerResponse } from "node:http";
import type { EdgeInfo } from "../contract.ts";
import { ERRORS, type ErrorCode, errorBody, type Failure, limitFailure } from "../errors.ts";
import type { FunctionLimits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { HeaderList, ResponseHead } from "../protocol/messages.ts";
import { VERSION_HEADER } from "../traffic/arm.ts";
import type { Asked } from "./asked.ts";
import { BodyTimer } from "./bodyTimer.ts";
import type { Deployment } from "./deployment.ts";
import { limitFired } from "./limitFired.ts";
import type { Metrics } from "./metrics.ts";
import { hasBody } from "./requestBody.ts";
import { answerHeaders, declaredLength } from "./requestHead.ts";
import { type Cut, ResponseBody } from "./responseBody.ts";
import { type Trace, traceOf, traceparentOf } from "./traceContext.ts";

const RETRY_AFTER_SECONDS = 1;
/** How long a cut connection stays for the parts that were sent before, ms. */
const LINGER_MS = 1_000;
const WITHOUT_BODY = new Set([204, 205, 304]);
/** Body that goes out in one write with its head: copying it costs less than a second piece. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

/** Errors that say nothing of the version that was asked. */
const NOT_ITS_FAULT: ReadonlySet<ErrorCode> = new Set([
  "ERR_FUNCTION_DISABLED",
  // Who is slow is the client.
  "ERR_LIMIT_BODY_IDLE_MS",
  "ERR_LIMIT_BODY_TOTAL_MS",
  "ERR_LOOP",
  "ERR_NO_WORKER",
  "ERR_OVERLOADED",
]);

interface ExchangeParts {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly edge: EdgeInfo;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** One request and its answer: written once, measured once. */
export class Exchange {
  readonly edge: EdgeInfo;
  readonly trace: Trace;
  readonly arrivedMs = performance.now();
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #metrics: Metrics;
  readonly #log: Log;
  deployment: Deployment | undefined;
  /** Of a request that came by the cache: how it came to its version. */
  asked: Pick<Asked, "isPreview" | "cachedAs" | "tag" | "counter"> | undefined;
  /** Called once, after the answer, or when the client goes before it. */
  closed: () => void = () => {};
  #answered = false;
  #hasFailed = false;
  #cut = false;

  constructor(parts: ExchangeParts) {
    this.#message = parts.message;
    this.#response = parts.response;
    this.#metrics = parts.metrics;
    this.#log = parts.log;
    this.edge = parts.edge;
    this.trace = traceOf(parts.message.headers);
    parts.response.once("close", () => this.#closed());
  }

  /** The head of an answer is out, or its client has gone. */
  get isAnswered(): boolean {
    return this.#answered || this.#response.destroyed;
  }

  /** Answers with a whole body. */
  answer({ status, headers }: ResponseHead, body: Buffer): void {
    const limits = this.deployment?.manifest.limits;
    // Its worker has looked already, and lives with tenants' code.
    if (limits !== undefined && body.length > limits.responseBodyBytes) {
      this.fail(limitFailure("responseBodyBytes", limits, body.length));
      return;
    }
    const isBodiless = WITHOUT_BODY.has(status) || this.#message.method === "HEAD";
    const length = isBodiless ? declaredLength(headers) : body.length;
    if (!this.writeHead({ status, headers }, WITHOUT_BODY.has(status) ? undefined : length)) return;
    if (this.#message.method === "HEAD") this.#response.end();
    else if (body.length > ONE_WRITE_BYTES_MAX) this.#response.end(body);
    // node:http sends a text of one byte a character in one piece with the head.
    else this.#response.end(body.toString("latin1"), "latin1");
    if (limits !== undefined && this.#response.writableLength > 0) this.limitSending(limits);
  }

  /** From now on the client may take what is written no slower than its function's limits say; else it is cut. */
  limitSending(limits: FunctionLimits): void {
    const timer = new BodyTimer(limits, (limit, usedMs) => this.cut(limitFailure(limit, limits, usedMs)));
    timer.run();
    this.#response.on("drain", () => timer.part()).once("close", () => timer.pause());
  }

  /**
   * Answers with a body that follows in parts.
   *
   * @returns undefined when there is nobody to send it to.
   */
  begin({ status, headers }: ResponseHead, giveBack: (bytes: number) => void): ResponseBody | undefined {
    const limits = this.deployment?.manifest.limits;
    if (limits === undefined) return undefined;
    const declaredBytes = declaredLength(headers);
    if (declaredBytes !== undefined && declaredBytes > limits.responseBodyBytes) {
      this.fail(limitFailure("responseBodyBytes", limits, declaredBytes));
      return undefined;
    }
    if (!this.writeHead({ status, headers }, declaredBytes)) return undefined;
    this.#response.flushHeaders();
    return new ResponseBody({
      response: this.#response,
      limits,
      declaredBytes,
      giveBack,
      cut: (cut) => this.cut(cut),
    });
  }

  /** Writes the head of an answer whose body its caller writes. @returns false when there is nobody to send it to. */
  writeHead({ status, headers }: ResponseHead, length: number | undefined): boolean {
    if (this.isAnswered) return false;
    const own: Record<string, string> = {
      "server-timing": this.#serverTiming(headers),
      "x-edge-region": this.edge.region,
      "x-request-id": this.edge.requestId,
    };
    if (length !== undefined) own["content-length"] = `${length}`;
    this.#markVersion(own);
    if (this.asked?.tag !== undefined) own["cache-tag"] = [...valuesOf(headers, "cache-tag"), this.asked.tag].join(",");
    try {
      this.#response.writeHead(status, answerHeaders(headers, own));
    } catch (error) {
      this.fail({ code: "ERR_FUNCTION_RESPONSE", detail: (error as Error).message });
      return false;
    }
    this.#measure(status, status >= 500);
    return true;
  }

  /** Answers with a typed error; when the head is out already, the connection is cut, so that nobody takes a part for the whole. */
  fail(failure: Failure): void {
    if (this.#response.destroyed) {
      this.#countLimit(failure);
      return;
    }
    if (this.#answered) {
      this.cut(failure);
      return;
    }
    const { status } = ERRORS[failure.code];
    const manifest = this.deployment?.manifest;
    const scope = {
      requestId: this.edge.requestId,
      ...(manifest && { function: manifest.name, version: manifest.version }),
    };
    const body = Buffer.from(errorBody(failure, scope));
    this.#count(failure);
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "cache-control": "no-store",
      "content-length": `${body.length}`,
      "server-timing": this.#serverTiming([]),
      "x-edge-region": this.edge.region,
      "x-edge-error": failure.code,
      "x-request-id": this.edge.requestId,
    };
    if (failure.allow !== undefined) headers.allow = failure.allow.join(", ");
    if (status === 503) headers["retry-after"] = `${failure.retryAfterSeconds ?? RETRY_AFTER_SECONDS}`;
    // What is left of the body is not read: the connection cannot carry another request.
    if (hasBody(this.#message) && !this.#message.complete) headers.connection = "close";
    this.#markVersion(headers);
    this.#response.writeHead(status, headers);
    this.#measure(status, status >= 500 && !NOT_ITS_FAULT.has(failure.code));
    this.#response.end(this.#message.method === "HEAD" ? undefined : body);
  }

  /** The answer cannot be brought to its end: the client, and a cache in between, see that it is not whole. */
  cut(cut: Cut): void {
    if (this.#cut || this.#response.destroyed || this.#response.writableFinished) return;
    this.#cut = true;
    const cause = "code" in cut ? (cut.limit === undefined ? "lost" : "limit") : cut.cause;
    if ("code" in cut) this.#count(cut);
    const manifest = this.deployment?.manifest;
    if (manifest !== undefined) this.#metrics.of(manifest).add("edge_runner_cut_responses_total", { cause });
    const isItsFault = !("code" in cut && NOT_ITS_FAULT.has(cut.code));
    if (isItsFault && !this.#hasFailed) this.asked?.counter?.broke();
    this.#log("warn", "a response was cut", {
      function: manifest?.name,
      version: manifest?.version,
      requestId: this.edge.requestId,
      traceId: this.trace.traceId,
      spanId: this.trace.spanId,
      cause,
      ...cut,
    });
    if (cause === "function") this.#closeSoon();
    else this.#response.destroy();
  }

  /** What the client was sent before still reaches it, when it takes it soon. */
  #closeSoon(): void {
    const { socket } = this.#response;
    const late = setTimeout(() => socket?.destroy(), LINGER_MS);
    socket?.once("close", () => clearTimeout(late));
    // node:http hands a chunk to its socket a tick after it was written.
    process.nextTick(() => socket?.destroySoon());
  }

  #closed(): void {
    this.closed();
    const manifest = this.deployment?.manifest;
    if (this.#cut || this.#response.writableFinished || manifest === undefined) return;
    this.#metrics.of(manifest).add("edge_runner_client_aborts_total", {});
  }

  #count(failure: Failure): void {
    const { code } = failure;
    const manifest = this.deployment?.manifest;
    if (manifest === undefined) this.#metrics.add("edge_runner_errors_total", { function: "", version: "", code });
    else this.#metrics.of(manifest).add("edge_runner_errors_total", { code });
    this.#countLimit(failure);
  }

  #countLimit({ limit, value = 0, used = 0 }: Failure): void {
    const manifest = this.deployment?.manifest;
    if (manifest === undefined || limit === undefined) return;
    const { requestId } = this.edge;
    const traceparent = traceparentOf(this.trace);
    limitFired({ metrics: this.#metrics, log: this.#log }, manifest, { requestId, traceparent, limit, value, used });
  }

  /** @param hasFailed by the function's own fault */
  #measure(status: number, hasFailed: boolean): void {
    this.#answered = true;
    this.#hasFailed = hasFailed;
    const tookMs = performance.now() - this.arrivedMs;
    const manifest = this.deployment?.manifest;
    if (manifest !== undefined) this.#metrics.of(manifest).answered(status, tookMs);
    this.asked?.counter?.answered(tookMs, hasFailed);
  }

  #markVersion(headers: Record<string, string>): void {
    if (this.asked?.cachedAs !== undefined) headers[VERSION_HEADER] = this.asked.cachedAs;
    if (this.asked?.isPreview === true) headers["x-robots-tag"] = "noindex";
  }

  #serverTiming(headers: HeaderList): string {
    let text = "";
    for (const [name, value] of headers) if (name.toLowerCase() === "server-timing") text += `${value}, `;
    text += `edge;desc="${this.edge.region}"`;
    const manifest = this.deployment?.manifest;
    if (manifest === undefined) return text;
    const tookMs = Math.round((performance.now() - this.arrivedMs) * 10) / 10;
    return `${text}, fn;desc="${manifest.name}@${manifest.version}";dur=${tookMs}`;
  }
}

function valuesOf(headers: HeaderList, wanted: string): string[] {
  return headers.flatMap(([name, value]) => (name.toLowerCase() === wanted ? [value] : []));
}
