import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What happens to a request instead of, or beside, being answered. */
export type Fault =
  /** Answered so, and not handed on. */
  | { readonly kind: "status"; readonly status: number; readonly code: string }
  /** Handed on after this time. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection ends before the request is handed on. */
  | { readonly kind: "refused" }
  /** The request is done, and its answer is lost. */
  | { readonly kind: "answerLost" }
  /** Half of the answer's body comes, then the connection ends. */
  | { readonly kind: "cut" }
  /** Half of the answer's body comes as if it were all. */
  | { readonly kind: "truncated" }
  /** Nothing is ever answered. */
  | { readonly kind: "silent" };

export interface ProxiedRequest {
  readonly method: string;
  /** Path with the query, as it came: `/bucket/prefix/current`. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Stands between a store and the server that it takes for S3, and does to requests what `fault` says of each. */
export class FaultProxy {
  /** Null: the request passes. */
  fault: (request: ProxiedRequest) => Fault | null = () => null;
  readonly seen: ProxiedRequest[] = [];
  /** By how much the server's clock is before ours. */
  aheadMs = 0;
  readonly #target: { readonly endpoint: string };
  readonly #server = createServer((incoming, outgoing) => {
    this.#pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  /** S3 takes writes of one object one after the other; moto's threads look and write in two steps. */
  #writes: Promise<unknown> = Promise.resolve();

  constructor(target: { readonly endpoint: string }) {
    this.#target = target;
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "", url: path = "", headers } = incoming;
    const body = Buffer.concat(await incoming.toArray());
    const seen = { method, path, headers, body: body.toString() };
    this.seen.push(seen);
    const fault = this.fault(seen);
    if (fault?.kind === "refused") return void incoming.socket.destroy();
    if (fault?.kind === "silent") return;
    if (fault?.kind === "status") return this.#answerStatus(outgoing, fault);
    if (!isWhole(headers["x-amz-checksum-sha256"], body)) {
      return this.#answerStatus(outgoing, { status: 400, code: "BadDigest" });
    }
    if (fault?.kind === "slow") await delay(fault.ms);
    const turn = method === "GET" || method === "HEAD" ? Promise.resolve() : this.#writes;
    const answered = turn.then(() => this.#forward(seen, body));
    if (method !== "GET" && method !== "HEAD") this.#writes = answered.catch(() => {});
    const answer = await answered;
    answer.headers.date = this.#date();
    if (fault?.kind === "answerLost") return void incoming.socket.destroy();
    const half = answer.body.subarray(0, answer.body.length >> 1);
    if (fault?.kind === "truncated") {
      const { "content-length": _, ...others } = answer.headers;
      // A copy that was written short has a checksum that fits it.
      const kept = Object.entries(others).filter(([name]) => !name.startsWith("x-amz-checksum"));
      outgoing.writeHead(answer.status, { ...Object.fromEntries(kept), "content-length": half.length }).end(half);
      return;
    }
    outgoing.writeHead(answer.status, answer.headers);
    if (fault?.kind === "cut") {
      outgoing.write(half, () => incoming.socket.destroy());
      return;
    }
    outgoing.end(answer.body);
  }

  #answerStatus(outgoing: ServerResponse, { status, code }: { status: number; code: string }): void {
    const isJson = Object.hasOwn(outgoing.req.headers, "x-amz-target");
    const type = isJson ? "application/x-amz-json-1.1" : "application/xml";
    outgoing.writeHead(status, { "content-type": type, date: this.#date() });
    const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>told to</Message></Error>`;
    outgoing.end(isJson ? JSON.stringify({ __type: code, message: "told to" }) : xml);
  }

  #date(): string {
    return new Date(Date.now() + this.aheadMs).toUTCString();
  }

  #forward({ method, path, headers }: ProxiedRequest, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>((resolve, reject) => {
      const { hostname, port } = new URL(this.#target.endpoint);
      const call = request({ hostname, port, method, path, headers, agent: false }, async (answer) => {
        try {
          const text = Buffer.concat(await answer.toArray());
          const { connection: _, "transfer-encoding": __, ...kept } = answer.headers;
          resolve({ status: answer.statusCode ?? 0, headers: kept, body: text });
        } catch (error) {
          reject(error);
        }
      });
      call.on("error", reject);
      call.end(body);
    });
  }
}

/** S3 keeps no bytes that are not what their checksum says; moto believes the checksum. */
function isWhole(checksum: string | string[] | undefined, body: Buffer): boolean {
  return checksum === undefined || checksum === createHash("sha256").update(body).digest("base64");
}
