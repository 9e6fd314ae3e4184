import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { CDN_LOOP, LOOPS_MAX, loopsOf } from "../cdnLoop.ts";
import type { EdgeInfo } from "../contract.ts";
import type { Failure } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Log } from "../log.ts";
import { POLICY_HEADER } from "../policies/policies.ts";
import { answerAsset } from "./assets.ts";
import { answerClientError } from "./clientError.ts";
import type { Deployment } from "./deployment.ts";
import { Exchange } from "./exchange.ts";
import { invoke } from "./invoke.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import { edgeInfo, requestUrl } from "./requestHead.ts";
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
  const { metrics, log, pool } = parts;
  const edge = edgeInfo(message, parts.region);
  const exchange = new Exchange({ message, response, edge, metrics, log });
  const found = find(parts.releases, message, edge);
  if ("code" in found) {
    exchange.fail(found);
    return;
  }
  const { deployment, url } = found;
  exchange.deployment = deployment;
  const isOn = pool.healths.refusal(deployment)?.code !== "ERR_FUNCTION_DISABLED";
  if (isOn && answerAsset(message, response, { deployment, url, exchange })) return;
  const { name, version } = deployment.manifest;
  const loops = loopsOf(message.headers[CDN_LOOP]);
  if (loops > LOOPS_MAX) {
    const { requestId } = edge;
    log("warn", "a request went through functions too often", { function: name, version, requestId, loops });
    exchange.fail({ code: "ERR_LOOP", detail: `A request may do so ${LOOPS_MAX} times.` });
    return;
  }
  invoke(pool, { message, exchange, deployment, url, family: { functionCalls: 0 } });
}

interface Found {
  readonly deployment: Deployment;
  readonly url: URL;
}

/** The function that a request is for, or why there is none. */
function find({ active }: Releases, message: IncomingMessage, edge: EdgeInfo): Found | Failure {
  if (active === undefined) return { code: "ERR_NO_RELEASE" };
  const url = requestUrl(message, edge);
  if ("code" in url) return url;
  const deployment = active.routes.match(message.method ?? "GET", url.hostname, url.pathname)?.target;
  if (deployment !== undefined) {
    // Whatever went wrong in front, a function answers nothing that its own policies did not let through.
    const isJudged = deployment.policy === undefined || message.headers[POLICY_HEADER] === deployment.policy;
    return isJudged ? { deployment, url } : { code: "ERR_POLICY_UNAVAILABLE" };
  }
  const allow = active.routes.methodsAt(url.hostname, url.pathname);
  return allow.length === 0 ? { code: "ERR_NO_ROUTE" } : { code: "ERR_METHOD_NOT_ALLOWED", allow };
}
