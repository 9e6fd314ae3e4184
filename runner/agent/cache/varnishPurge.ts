import { request } from "node:http";
import type { PurgeOrder } from "./purgeOrder.ts";

const ANSWER_TIMEOUT_MS = 5_000;
/** How a connection fails where nobody listens. */
const NOBODY = new Set(["ENOENT", "ECONNREFUSED"]);

/** Varnish does not answer on its purge socket, or not as expected. */
export class CacheAwayError extends Error {
  override readonly name = "CacheAwayError";
  /** Nobody listens: a cache that is to start begins empty. */
  readonly isDown: boolean;

  constructor(message: string, isDown = false) {
    super(message);
    this.isDown = isDown;
  }
}

/** How Varnish is told, on the socket that only purges (`components/node/varnish/purging.ts`). */
function told(order: PurgeOrder): { method: string; path: string; headers: Record<string, string> } {
  switch (order.kind) {
    case "url": {
      const { host, pathname, search } = order.url;
      return {
        method: "PURGE",
        path: pathname + search,
        headers: { host, ...(order.isSoft ? { "x-edge-soft": "1" } : {}) },
      };
    }
    case "tag":
      return { method: "BAN", path: "/", headers: { "x-edge-tag": literally(order.tag) } };
    case "host":
      return { method: "BAN", path: "/", headers: { "x-edge-host": literally(order.host) } };
    case "all":
      return { method: "BAN", path: "/", headers: {} };
  }
}

/** As a regular expression: of what tags and hosts may have, the dot alone means something there. */
function literally(text: string): string {
  return text.replaceAll(".", "\\.");
}

/**
 * Makes the node's cache forget. From when it resolves no request is answered with what was purged.
 *
 * @returns how many copies of a page there were; null where that is not known (tag, host, all).
 * @throws CacheAwayError
 */
export function purge(socketPath: string, order: PurgeOrder): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const away = (what: string, isDown = false) =>
      reject(new CacheAwayError(`Varnish at ${socketPath}: ${what}`, isDown));
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const call = request({ socketPath, agent: false, signal, ...told(order) }, (response) => {
      response.resume();
      if (response.statusCode !== 200) return away(`answered ${response.statusCode} ${response.statusMessage}`);
      resolve(order.kind === "url" ? Number(response.statusMessage) : null);
    });
    call.on("error", (error: NodeJS.ErrnoException) => away(error.message, NOBODY.has(error.code ?? "")));
    call.end();
  });
}
