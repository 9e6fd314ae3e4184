/** The origin server of the local fleet, to see caching with: `node components/origin/main.ts --host 127.0.1.254 --port 9900`. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";

const BODY_BYTES_MAX = 1024 * 1024;
const SLOW_MS_MAX = 60_000;
/** Paths that are counted one by one; made-up ones share a counter, so that they cannot fill the memory. */
const COUNTED_PATHS_MAX = 1_000;

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

const hits = new Map<string, number>();

const pages: Readonly<Record<string, (request: IncomingMessage, url: URL) => Answer | Promise<Answer>>> = {
  "/time": () => ({ headers: { "cache-control": "public, max-age=30" }, body: timeAndHits("/time") }),
  "/brief": () => ({ headers: { "cache-control": "public, max-age=1" }, body: timeAndHits("/brief") }),
  "/private": () => ({ headers: { "cache-control": "private, max-age=30" }, body: timeAndHits("/private") }),
  "/cookie": () => ({
    headers: { "cache-control": "public, max-age=30", "set-cookie": "visitor=1; Path=/; HttpOnly" },
    body: timeAndHits("/cookie"),
  }),
  "/no-store": () => ({ headers: { "cache-control": "no-store" }, body: timeAndHits("/no-store") }),
  "/error": () => ({
    status: 500,
    headers: { "cache-control": "public, max-age=30" },
    body: { error: "this page always fails", ...timeAndHits("/error") },
  }),
  "/etag": ({ headers }) => {
    const body = { page: "always the same" };
    const etag = `"${createHash("sha256").update(JSON.stringify(body)).digest("hex").slice(0, 16)}"`;
    const validators = { "cache-control": "public, no-cache", etag };
    return headers["if-none-match"] === etag
      ? { status: 304, headers: validators, body: {} }
      : { headers: validators, body };
  },
  "/slow": async (_, { searchParams }) => {
    const ms = Number(searchParams.get("ms") ?? 1_000);
    if (!(ms >= 0 && ms <= SLOW_MS_MAX)) return { status: 400, body: { error: `ms must be 0 to ${SLOW_MS_MAX}` } };
    await delay(ms);
    return { headers: { "cache-control": "no-store" }, body: { ms, ...timeAndHits("/slow") } };
  },
  "/echo": async (request, url) => {
    const body = await readBody(request);
    if (body === null) return { status: 413, body: { error: `the most is ${BODY_BYTES_MAX} bytes` } };
    const { method, headers } = request;
    return {
      headers: { "cache-control": "no-store" },
      body: { method, url: url.pathname + url.search, headers, body },
    };
  },
  "/hits": () => ({ headers: { "cache-control": "no-store" }, body: Object.fromEntries(hits) }),
  "/healthz": () => ({ headers: { "cache-control": "no-store" }, body: { status: "ok" } }),
};

const { values } = parseArgs({ options: { host: { type: "string" }, port: { type: "string" } } });
const port = Number(values.port);
if (!values.host || !Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write("usage: node components/origin/main.ts --host ADDRESS --port 0-65535\n");
  process.exit(2);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    response.destroy();
  });
});
server.on("error", ({ message }) => {
  process.stderr.write(`origin: ${message}; end what listens there, or choose another port\n`);
  process.exit(1);
});
server.listen(port, values.host, () => {
  const address = server.address();
  const bound = typeof address === "object" ? address?.port : port;
  process.stdout.write(
    `${JSON.stringify({ level: "info", message: "origin listens", host: values.host, port: bound })}\n`,
  );
});
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    // A slow answer that nobody waits for any more would keep the process.
    process.exit(0);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? "/", "http://origin");
  const path = url?.pathname ?? "/";
  const counted = hits.has(path) || hits.size < COUNTED_PATHS_MAX ? path : "others";
  if (path !== "/hits" && path !== "/healthz") hits.set(counted, (hits.get(counted) ?? 0) + 1);
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  const missing: Answer = { status: 404, body: { error: "not found", pages: Object.keys(pages) } };
  const { status = 200, headers, body } = page && url ? await page(request, url) : missing;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(status === 304 ? undefined : `${JSON.stringify(body)}\n`);
}

function timeAndHits(path: string): { readonly time: string; readonly hits: number } {
  return { time: new Date().toISOString(), hits: hits.get(path) ?? 0 };
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
