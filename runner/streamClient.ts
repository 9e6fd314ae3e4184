import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import type { TestRunner } from "./runnerFixture.ts";

/** A client of a test that sends and reads bodies bit by bit, on a connection of its own. */
export class StreamClient {
  readonly request: ClientRequest;
  /** Resolves at the answer's head. */
  readonly response: Promise<IncomingMessage>;

  constructor(runner: TestRunner, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
    const { method = "GET", headers } = options;
    this.request = httpRequest({
      socketPath: runner.config.data,
      path,
      method,
      agent: false,
      headers: { host: "edge.example", ...headers },
    });
    this.response = new Promise((resolve, reject) => this.request.once("response", resolve).once("error", reject));
    // A client that goes away by itself does not want to hear of it.
    this.response.catch(() => {});
    if (method === "GET" || method === "HEAD") this.request.end();
    else this.request.flushHeaders();
  }

  /** Resolves when the bytes have left for the runner. */
  send(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.request.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  end(): this {
    this.request.end();
    return this;
  }

  /** The client goes away. */
  leave(): void {
    this.request.destroy();
  }

  /** The answer and its whole body; `whole` is false when the connection ended before the body did. */
  async read(): Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer; whole: boolean }> {
    const response = await this.response;
    const chunks: Buffer[] = [];
    // Not iterated: an iterator drops what it holds when the connection breaks.
    await new Promise<void>((resolve) => {
      response
        .on("data", (chunk) => chunks.push(chunk))
        .once("error", () => {})
        .once("close", resolve);
      if (response.closed) resolve();
    });
    const { statusCode = 0, headers, complete } = response;
    return { status: statusCode, headers, body: Buffer.concat(chunks), whole: complete };
  }
}
