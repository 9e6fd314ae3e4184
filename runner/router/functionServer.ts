import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { isAsked } from "../bindings/kinds.ts";
import type { Log } from "../log.ts";
import { NEIGHBOUR_HEADERS, type NeighbourRefusal } from "../neighbour.ts";
import { answerAsset } from "./assets.ts";
import type { Asker } from "./call.ts";
import { SERVER_OPTIONS, SILENCE_MS } from "./dataServer.ts";
import type { Deployment } from "./deployment.ts";
import { Exchange } from "./exchange.ts";
import { invoke } from "./invoke.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import type { WorkerPool } from "./workerPool.ts";

interface FunctionParts {
  /** What the broker shows. */
  readonly token: string;
  readonly releases: Pick<Releases, "active">;
  readonly pool: WorkerPool;
  readonly metrics: Metrics;
  readonly log: Log;
}

interface Found {
  readonly asker: Asker;
  readonly deployment: Deployment;
  /** Its assets are asked, and not its code. */
  readonly isForAssets: boolean;
  readonly url: URL;
}

/**
 * HTTP from the broker, to functions that other functions have as bindings. Who asks is what the router itself knows of the request
 * that the worker runs: a worker can name no other, and what a function is told of the client is what the first one was told.
 */
export function newFunctionServer(parts: FunctionParts): Server {
  const { pool, metrics, log } = parts;
  const server = createServer(SERVER_OPTIONS, (message, response) => {
    const found = find(parts, message);
    if (!("asker" in found)) {
      message.resume();
      response.writeHead(403, { [NEIGHBOUR_HEADERS.refused]: JSON.stringify(found) }).end();
      return;
    }
    const { asker, deployment, url } = found;
    const exchange = new Exchange({ message, response, edge: asker.edge, metrics, log });
    if (found.isForAssets) {
      if (answerAsset(message, response, { deployment, url, exchange })) return;
      message.resume();
      exchange.answer({ status: 404, headers: [["cache-control", "no-store"]] }, Buffer.alloc(0));
      return;
    }
    invoke(pool, { message, exchange, deployment, url, family: asker.family });
  });
  server.setTimeout(SILENCE_MS);
  return server;
}

function find({ token, releases, pool }: FunctionParts, message: IncomingMessage): Found | NeighbourRefusal {
  const { headers, url: target = "" } = message;
  const [slot = "", call = ""] = `${headers[NEIGHBOUR_HEADERS.asker]}`.split(" ");
  const binding = `${headers[NEIGHBOUR_HEADERS.binding]}`;
  const asker = isSame(headers[NEIGHBOUR_HEADERS.token], token) ? pool.asker(Number(slot), Number(call)) : undefined;
  if (asker === undefined) return { message: "the request that asks is over" };
  const { bindings, limits } = asker.deployment.manifest;
  const bound = Object.hasOwn(bindings, binding) ? bindings[binding] : undefined;
  if (!isAsked(bound?.kind) || !URL.canParse(target)) return { message: "the function has no such binding" };
  const isForAssets = bound?.kind === "assets";
  // Its own, as they are in the version that asks.
  const deployment = isForAssets ? asker.deployment : releases.active?.deployments.get(`${bound?.name}`);
  if (deployment === undefined) return { message: `the function ${bound?.name} is not served by this node` };
  const used = ++asker.family.functionCalls;
  if (used > limits.functionCalls) return { limit: "functionCalls", used };
  return { asker, deployment, isForAssets, url: new URL(target) };
}

function isSame(given: unknown, token: string): boolean {
  const bytes = Buffer.from(`${given}`);
  const expected = Buffer.from(token);
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
