import http from "node:http";
import type { Manager } from "./manager.ts";
import type { ServiceSpec } from "./spec.ts";

const BODY_CEILING_BYTES = 1024 * 1024;

/** The manager's control API over its UNIX socket: `GET /status`, `PUT /services`, `POST /stop`. */
export function controlServer(manager: Manager, stop: () => Promise<void>): http.Server {
  return http.createServer(async (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify(body));
    };
    try {
      switch (`${request.method} ${request.url}`) {
        case "GET /status":
          return reply(200, manager.status());
        case "PUT /services":
          await manager.reconcile((await readJson(request)) as ServiceSpec[]);
          return reply(200, manager.status());
        case "POST /stop":
          await stop();
          return reply(200, { stopped: true });
        default:
          return reply(404, { error: `no ${request.method} ${request.url}` });
      }
    } catch (error) {
      reply(400, { error: error instanceof Error ? error.message : String(error) });
    }
  });
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > BODY_CEILING_BYTES) throw new Error(`body over ${BODY_CEILING_BYTES} bytes`);
  }
  return JSON.parse(text);
}
