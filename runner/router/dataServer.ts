import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { limitFailure } from "../errors.ts";
import { Exchange } from "./exchange.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import { RequestBodies } from "./requestBody.ts";
import { edgeInfo, requestHead, requestUrl } from "./requestHead.ts";
import type { WorkerPool } from "./workerPool.ts";

/** Longer than a cache in front keeps idle connections (Varnish: 60 s), so that it is never the one surprised. */
const KEEP_ALIVE_MS = 75_000;
const HEADERS_WITHIN_MS = 30_000;

interface DataParts {
  readonly region: string;
  readonly releases: Releases;
  readonly pool: WorkerPool;
  readonly metrics: Metrics;
}

/** What the cache in front asks, to know whether functions are served here; it passes no such path on from outside. */
const READY_PATH = "/.edge/readyz";

/** HTTP from the cache, to functions. */
export function newDataServer(parts: DataParts): Server {
  const bodies = new RequestBodies();
  return createServer({ keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: HEADERS_WITHIN_MS }, (message, response) => {
    if (message.url === READY_PATH) {
      message.resume();
      const ready = parts.releases.active !== undefined && parts.pool.connected > 0;
      return void response.writeHead(ready ? 200 : 503).end();
    }
    void serve({ ...parts, bodies }, message, response);
  });
}

async function serve(
  parts: DataParts & { bodies: RequestBodies },
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const edge = edgeInfo(message, parts.region);
  const exchange = new Exchange({ message, response, edge, metrics: parts.metrics });
  const { active } = parts.releases;
  if (active === undefined) return exchange.fail({ code: "ERR_NO_RELEASE" });
  const url = requestUrl(message, edge);
  if (url === undefined) return exchange.fail({ code: "ERR_BAD_REQUEST" });
  const { method = "GET" } = message;
  const deployment = active.routes.match(method, url.hostname, url.pathname)?.target;
  if (deployment === undefined) {
    const allow = active.routes.methodsAt(url.hostname, url.pathname);
    return exchange.fail(allow.length === 0 ? { code: "ERR_NO_ROUTE" } : { code: "ERR_METHOD_NOT_ALLOWED", allow });
  }
  exchange.deployment = deployment;
  const refusal = parts.pool.healths.refusal(deployment);
  if (refusal !== undefined) return exchange.fail(refusal);
  const { limits } = deployment.manifest;

  const ends: (() => void)[] = [];
  const end = () => {
    for (const run of ends.splice(0)) run();
  };
  const wall = setTimeout(() => {
    const nobody = parts.pool.connected === 0;
    exchange.fail(
      nobody ? { code: "ERR_NO_WORKER" } : limitFailure("wallMs", limits, performance.now() - exchange.arrivedMs),
    );
    end();
  }, limits.wallMs);
  ends.push(() => clearTimeout(wall));
  // After the answer, and also when the client goes before it.
  response.once("close", end);

  const read = await parts.bodies.read(message, limits.requestBodyBytes);
  if (read.kind === "too-large") return exchange.fail(limitFailure("requestBodyBytes", limits, read.bytes));
  if (read.kind === "overloaded") return exchange.fail({ code: "ERR_OVERLOADED" });
  if (read.kind === "aborted") return;
  if (exchange.isAnswered || response.destroyed) return read.release();
  ends.push(read.release);

  const run = parts.pool.run({
    deployment,
    head: requestHead(message, url, edge, exchange.trace),
    body: read.body,
    arrivedMs: exchange.arrivedMs,
    settle: (outcome) => {
      if (outcome.kind === "failed") exchange.fail(outcome.failure);
      else {
        exchange.answer(outcome.head.status, outcome.head.headers, outcome.body);
        parts.metrics.of(deployment.manifest).usedCpu(outcome.cpuMs);
      }
    },
  });
  if (typeof run === "function") ends.push(run);
  else exchange.fail(run);
}
