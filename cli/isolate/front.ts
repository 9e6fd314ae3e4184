import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { LocalRunner } from "./localRunner.ts";

export interface FrontArgs {
  readonly runner: Pick<LocalRunner, "socketPath" | "agent">;
  /** Country of every client. */
  readonly country: string;
  /** Round trip to a client far away: each request waits this long. */
  readonly latencyMs: number;
  readonly onAnswer: (answer: FrontAnswer) => void;
}

export interface FrontAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What stands in front of the runner instead of HAProxy and Varnish: it says who the client is, and caches nothing. */
export function newFront({ runner, country, latencyMs, onAnswer }: FrontArgs): Server {
  return createServer(async (message, response) => {
    const startedMs = performance.now();
    if (latencyMs > 0) await delay(latencyMs);
    const { method = "GET", url: path = "/" } = message;
    const outgoing = httpRequest({
      socketPath: runner.socketPath,
      agent: runner.agent,
      method,
      path,
      headers: headersFor(message, country),
      setHost: false,
    });
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      response.once("close", () => {
        const durationMs = performance.now() - startedMs;
        onAnswer({ method, path, status: answer.statusCode ?? 502, durationMs });
      });
      // A client that goes ends the function's stream, and a stream that breaks cuts the client off.
      pipeline(answer, response, () => {});
    });
    outgoing.once("error", (error) => refuse(response, error));
    response.once("close", () => outgoing.destroy());
    pipeline(message, outgoing, () => {});
  });
}

function headersFor({ rawHeaders, socket, httpVersion }: IncomingMessage, country: string): string[] {
  const flat: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = "", value = ""] = rawHeaders.slice(index, index + 2);
    if (!name.toLowerCase().startsWith("x-edge-")) flat.push(name, value);
  }
  const client = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  flat.push("x-edge-country", country, "x-edge-client-ip", client, "x-edge-http", `HTTP/${httpVersion}`);
  return flat;
}

function refuse(response: ServerResponse, error: Error): void {
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(502, { "content-type": "text/plain" })
      .end(`the isolate runner does not answer: ${error.message}\n`);
}
