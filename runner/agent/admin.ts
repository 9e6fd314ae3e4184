import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AgentConfig } from "./config.ts";
import type { Door } from "./door/door.ts";
import { type AgentMetrics, refusalsText } from "./metrics.ts";

/**
 * Serves `/healthz` and `/metrics`.
 *
 * @throws Error naming the address and the remedy when it is taken.
 */
export async function listenAdmin(
  { host, port }: AgentConfig["admin"],
  { metrics, door }: { metrics: AgentMetrics; door: Door | null },
): Promise<Server> {
  const pages: Readonly<Record<string, () => Promise<{ readonly type: string; readonly body: string }>>> = {
    "/healthz": async () => ({ type: "application/json", body: '{"status":"ok"}\n' }),
    "/metrics": async () => ({
      type: "text/plain; version=0.0.4",
      body: `${metrics}${refusalsText((await door?.refusals()) ?? [])}`,
    }),
  };
  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const page = Object.hasOwn(pages, path) ? await pages[path]?.() : undefined;
    response.statusCode = page === undefined ? 404 : 200;
    response.setHeader("content-type", page?.type ?? "text/plain");
    response.end(page?.body ?? "not found; there are /healthz and /metrics\n");
  });
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const remedy = code === "EADDRINUSE" ? "end what listens there, or give admin.port another value" : message;
    throw new Error(`admin ${host}:${port} cannot be listened on (${code}): ${remedy}`, { cause });
  }
  return server;
}
