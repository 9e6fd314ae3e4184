import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server that functions ask: it answers by the first part of the path, and otherwise with what it was asked. */
export class Upstream {
  readonly handlers: Record<string, Handler> = {};
  readonly #server = createServer((request, response) => {
    const part = request.url?.split(/[/?]/)[1] ?? "";
    const handler = Object.hasOwn(this.handlers, part) ? this.handlers[part] : undefined;
    if (handler !== undefined) return handler(request, response);
    const { method, url, headers } = request;
    response.setHeader("content-type", "application/json").end(JSON.stringify({ method, url, headers }));
  });

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  close(): void {
    this.#server.close().closeAllConnections();
  }
}
