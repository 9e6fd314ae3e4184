import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

/** What an origin was asked. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Name in the handshake. */
  readonly serverName: string | null;
}

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** A server outside the fleet that remembers what it was asked; its health page is `/healthz`. */
export class OriginServer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  isWell = true;
  answer: Answer = (_request, response) => response.end("from the origin");
  readonly #server: http.Server;

  /** @param certificateFile PEM with certificate and key; null: in clear. */
  private constructor(certificateFile: string | null) {
    const listener = (request: http.IncomingMessage, response: http.ServerResponse) => {
      if (request.url === "/healthz") {
        response.statusCode = this.isWell ? 200 : 500;
        return response.end();
      }
      const { servername } = request.socket as TLSSocket;
      this.asked.push({
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        serverName: typeof servername === "string" ? servername : null,
      });
      this.answer(request, response);
    };
    if (certificateFile === null) this.#server = http.createServer(listener);
    else {
      const pem = readFileSync(certificateFile, "utf8");
      this.#server = https.createServer({ cert: pem, key: pem }, listener);
    }
    // A client that trusts it not ends the handshake.
    this.#server.on("tlsClientError", () => {});
  }

  static async start(certificateFile: string | null = null): Promise<OriginServer> {
    const origin = new OriginServer(certificateFile);
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
