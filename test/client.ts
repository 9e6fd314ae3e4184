import { execFile } from "node:child_process";
import http2 from "node:http2";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Checkout, TestRegion } from "./checkout.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Loopback address the request comes from, which the country database may know. */
  readonly from?: string;
}

/** An HTTP/2 connection to one region, certificate checked against the fleet's authority; where it has ended, the next request makes another. */
export class RegionClient implements AsyncDisposable {
  readonly #connect: () => http2.ClientHttp2Session;
  #session: http2.ClientHttp2Session;

  constructor(checkout: Checkout, region: TestRegion, from?: string) {
    this.#connect = () => connected(checkout, region, from);
    this.#session = this.#connect();
  }

  request(path: string, options: RequestOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#session.closed || this.#session.destroyed) this.#session = this.#connect();
      const stream = this.#session.request({
        ":path": path,
        ":method": options.method ?? "GET",
        ...options.headers,
      });
      stream.setTimeout(35_000, () => stream.close(http2.constants.NGHTTP2_CANCEL));
      let answered: http2.IncomingHttpHeaders | null = null;
      let body = "";
      stream.on("response", (found) => {
        answered = found;
      });
      stream.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      stream.on("error", reject);
      stream.on("close", () => {
        if (answered === null) return reject(new Error(`no answer to ${path}`));
        const headers = Object.fromEntries(Object.entries(answered).map(([name, value]) => [name, String(value)]));
        resolve({ status: Number(headers[":status"]), headers, body });
      });
      stream.end(options.body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#session.destroyed) return;
    await new Promise<void>((resolve) => {
      this.#session.once("close", () => resolve());
      this.#session.close();
      setTimeout(() => this.#session.destroy(), 500).unref();
    });
  }
}

function connected(checkout: Checkout, region: TestRegion, from: string | undefined): http2.ClientHttp2Session {
  const session = http2.connect(`https://edge.test:${checkout.ports.https}`, {
    ca: checkout.authority,
    servername: "edge.test",
    // The name is answered by the fleet's own DNS only; here the region is chosen by its address.
    lookup: (_name, { all }, callback) => {
      const address = checkout.address(region);
      if (all) callback(null, [{ address, family: 4 }]);
      else callback(null, address, 4);
    },
    ...(from === undefined ? {} : { localAddress: from }),
    ALPNProtocols: ["h2"],
  } as http2.SecureClientSessionOptions);
  session.on("error", () => {});
  return session;
}

/** One request on a connection of its own. */
export async function request(
  checkout: Checkout,
  region: TestRegion,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  await using client = new RegionClient(checkout, region, options.from);
  return await client.request(path, options);
}

/** What the fleet's DNS answers a client of this network. */
export async function dig(checkout: Checkout, subnet: string, name = "edge.test"): Promise<string> {
  const args = [
    "+short",
    "+time=1",
    "+tries=2",
    `+subnet=${subnet}`,
    `@${checkout.hub}`,
    "-p",
    String(checkout.ports.dns),
    name,
  ];
  return (await promisify(execFile)("dig", args)).stdout.trim();
}

/** Polls until the condition holds; resolves with how long it took, ms. */
export async function until(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<number> {
  const started = performance.now();
  for (;;) {
    if (await condition().catch(() => false)) return Math.round(performance.now() - started);
    if (performance.now() - started > timeoutMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(25);
  }
}
