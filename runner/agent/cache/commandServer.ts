import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "../../log.ts";
import { listenOnSocket } from "../../protocol/listen.ts";
import type { CacheConfig } from "../config.ts";
import type { AgentMetrics } from "../metrics.ts";
import { type PurgeOrder, PurgeOrderError, parsePurgeOrder } from "./purgeOrder.ts";
import { CacheAwayError, purge } from "./varnishPurge.ts";

const BODY_BYTES_MAX = 16_384;
/** Whoever is the agent's user, and nobody else on the machine. */
const SOCKET_MODE = 0o600;

/**
 * The node's own way to its cache: `POST /purge` with a PurgeOrder in JSON. It is a UNIX socket, so that nobody comes from the network.
 *
 * @throws Error naming the path when another process listens there.
 */
export async function listenForCommands(
  config: CacheConfig,
  { metrics, log }: { metrics: AgentMetrics; log: Log },
): Promise<Server> {
  const server = createServer((message, response) => {
    serve(message, response).catch((error: Error) => {
      const status = error instanceof PurgeOrderError ? 400 : error instanceof CacheAwayError ? 503 : 500;
      if (status !== 400) metrics.add("purge_errors_total");
      log(status === 400 ? "warn" : "error", "nothing was purged", { error: error.message });
      answer(response, status, { error: error.message });
    });
  });

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (message.method !== "POST" || message.url !== "/purge") {
      return answer(response, 404, { error: "there is POST /purge" });
    }
    const order = parsePurgeOrder(await readJson(message));
    const copies = await purge(config.purge, order);
    metrics.add("purges_total", order.kind);
    log("info", "purged", { ...fields(order), ...(copies === null ? {} : { copies }) });
    answer(response, 200, copies === null ? { status: "purged" } : { status: "purged", copies });
  }

  await listenOnSocket(server, config.commands, SOCKET_MODE);
  return server;
}

function fields(order: PurgeOrder): Record<string, unknown> {
  return order.kind === "url" ? { kind: order.kind, url: order.url.href, soft: order.isSoft } : { ...order };
}

async function readJson(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new PurgeOrderError(`the body has more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new PurgeOrderError(`the body is no JSON: ${(error as Error).message}`);
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}
