import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CDN_LOOP, LOOPS_MAX, loopsOf } from "../cdnLoop.ts";
import type { Failure } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Log } from "../log.ts";
import { type Asked, findAsked } from "./asked.ts";
import { answerAsset } from "./assets.ts";
import { answerClientError } from "./clientError.ts";
import { Exchange } from "./exchange.ts";
import { invoke } from "./invoke.ts";
import type { Metrics } from "./metrics.ts";
import type { PreviewSecret } from "./previewSecret.ts";
import type { Releases } from "./releases.ts";
import { edgeInfo } from "./requestHead.ts";
import type { WorkerPool } from "./workerPool.ts";

/** Longer than a cache in front keeps idle connections (Varnish: 60 s), so that it is never the one surprised. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_WITHIN_MS = 30_000;
/** A connection on which nothing moves for longer than any body may stand still. */
export const SILENCE_MS = LIMITS.bodyIdleMs.ceiling + LIMITS.wallMs.ceiling + 30_000;
export const SERVER_OPTIONS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: HEADERS_WITHIN_MS,
  // Bodies have limits of their own, a function's.
  requestTimeout: 0,
  // Each function has its own limit; no head is larger than the buffers of the programs in front.
  maxHeaderSize: 16_384,
};

interface DataParts {
  readonly region: string;
  readonly domain: string;
  readonly previewSecret: PreviewSecret;
  readonly releases: Releases;
  readonly pool: WorkerPool;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** What the cache in front asks, to know whether functions are served here; it passes no such path on from outside. */
const READY_PATH = "/.edge/readyz";

/** HTTP from the cache, to functions. */
export function newDataServer(parts: DataParts): Server {
  const server = createServer(SERVER_OPTIONS, (message, response) => {
    if (message.url === READY_PATH) {
      message.resume();
      const ready = parts.releases.active !== undefined && parts.pool.connected > 0;
      return void response.writeHead(ready ? 200 : 503).end();
    }
    serve(parts, message, response);
  });
  server.setTimeout(SILENCE_MS);
  return server.on("clientError", (error, socket) => answerClientError(parts.metrics, error, socket as Socket));
}

function serve(parts: DataParts, message: IncomingMessage, response: ServerResponse): void {
  const { domain, previewSecret: secret, metrics, log } = parts;
  const edge = edgeInfo(message, parts.region);
  const exchange = new Exchange({ message, response, edge, metrics, log });
  const { active } = parts.releases;
  if (active === undefined) {
    exchange.fail({ code: "ERR_NO_RELEASE" });
    return;
  }
  const found = findAsked({ active, domain, secret }, message, edge);
  if (found instanceof Promise) void found.then((asked) => answer(parts, asked, { message, response, exchange }));
  else answer(parts, found, { message, response, exchange });
}

interface Request {
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
  readonly exchange: Exchange;
}

function answer({ log, pool }: DataParts, asked: Asked | Failure, { message, response, exchange }: Request): void {
  if ("code" in asked) {
    exchange.fail(asked);
    return;
  }
  const { deployment, url } = asked;
  exchange.deployment = deployment;
  exchange.asked = asked;
  const isOn = pool.healths.refusal(deployment)?.code !== "ERR_FUNCTION_DISABLED";
  if (isOn && answerAsset(message, response, { deployment, url, exchange })) return;
  const { name, version } = deployment.manifest;
  const loops = loopsOf(message.headers[CDN_LOOP]);
  if (loops > LOOPS_MAX) {
    const { requestId } = exchange.edge;
    log("warn", "a request went through functions too often", { function: name, version, requestId, loops });
    exchange.fail({ code: "ERR_LOOP", detail: `A request may do so ${LOOPS_MAX} times.` });
    return;
  }
  invoke(pool, { message, exchange, deployment, url, family: { functionCalls: 0 } });
}
