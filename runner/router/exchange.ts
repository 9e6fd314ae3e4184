import type { IncomingMessage, ServerResponse } from "node:http";
import type { EdgeInfo } from "../contract.ts";
import { ERRORS, errorBody, type Failure } from "../errors.ts";
import type { HeaderList } from "../protocol/messages.ts";
import type { Deployment } from "./deployment.ts";
import type { Metrics } from "./metrics.ts";
import { answerHeaders } from "./requestHead.ts";
import { type Trace, traceOf } from "./traceContext.ts";

const RETRY_AFTER_SECONDS = 1;
const WITHOUT_BODY = new Set([204, 205, 304]);

/** One request and its answer: written once, measured once. */
export class Exchange {
  readonly edge: EdgeInfo;
  readonly trace: Trace;
  readonly arrivedMs = performance.now();
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #metrics: Metrics;
  deployment: Deployment | undefined;
  #answered = false;

  constructor(parts: { message: IncomingMessage; response: ServerResponse; edge: EdgeInfo; metrics: Metrics }) {
    this.#message = parts.message;
    this.#response = parts.response;
    this.#metrics = parts.metrics;
    this.edge = parts.edge;
    this.trace = traceOf(parts.message.headers);
  }

  get isAnswered(): boolean {
    return this.#answered;
  }

  answer(status: number, headers: HeaderList, body: Buffer): void {
    if (this.#answered) return;
    const own: Record<string, string> = {
      "server-timing": this.#serverTiming(headers),
      "x-edge-region": this.edge.region,
      "x-request-id": this.edge.requestId,
    };
    if (!WITHOUT_BODY.has(status) && this.#message.method !== "HEAD") own["content-length"] = `${body.length}`;
    try {
      this.#response.writeHead(status, answerHeaders(headers, own));
    } catch (error) {
      this.fail({ code: "ERR_FUNCTION_RESPONSE", detail: (error as Error).message });
      return;
    }
    this.#end(status, body);
  }

  fail(failure: Failure): void {
    if (this.#answered) return;
    const { status } = ERRORS[failure.code];
    const manifest = this.deployment?.manifest;
    const scope = {
      requestId: this.edge.requestId,
      ...(manifest && { function: manifest.name, version: manifest.version }),
    };
    const body = Buffer.from(errorBody(failure, scope));
    const { code, limit } = failure;
    if (manifest === undefined) {
      this.#metrics.add("edge_runner_errors_total", { function: "", version: "", code });
    } else {
      const metrics = this.#metrics.of(manifest);
      metrics.add("edge_runner_errors_total", { code });
      if (limit !== undefined) metrics.add("edge_runner_limits_fired_total", { limit });
    }
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
    this.#response.writeHead(status, headers);
    this.#end(status, body);
  }

  #end(status: number, body: Buffer): void {
    this.#answered = true;
    this.#response.end(this.#message.method === "HEAD" ? undefined : body);
    const manifest = this.deployment?.manifest;
    if (manifest !== undefined) this.#metrics.of(manifest).answered(status, performance.now() - this.arrivedMs);
  }

  #serverTiming(headers: HeaderList): string {
    const parts = headers.filter(([name]) => name.toLowerCase() === "server-timing").map(([, value]) => value);
    parts.push(`edge;desc="${this.edge.region}"`);
    const manifest = this.deployment?.manifest;
    const tookMs = (performance.now() - this.arrivedMs).toFixed(1);
    if (manifest !== undefined) parts.push(`fn;desc="${manifest.name}@${manifest.version}";dur=${tookMs}`);
    return parts.join(", ");
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
