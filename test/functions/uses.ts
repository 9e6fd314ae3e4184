import { SignJWT } from "jose";
import { type TestRequest, TestRunner } from "../../runner/runnerFixture.ts";
import { png } from "./png.ts";
import { documentedConfigs, READY, readyFunction } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const SECRET = "a secret of more than thirty-two bytes";
const ITEMS = JSON.stringify({ items: Array.from({ length: 50 }, (_, n) => ({ name: `item ${n}` })) });
const EXPERIMENT = '{"variants":{"control":{"weight":1},"new":{"weight":1,"path":"/new"}}}';

/** What a ready function is there for, as one request; one that only has a schedule has none. */
export type Use = Readonly<TestRequest & { path: string; status: number }>;

/** All ready functions in one runner, as the README configures them, with servers of this machine in `env`. */
export class UsedFunctions {
  readonly runner: TestRunner;
  readonly #upstream: Upstream;

  private constructor(runner: TestRunner, upstream: Upstream) {
    this.runner = runner;
    this.#upstream = upstream;
  }

  /** @param isolates that the runner keeps at once. */
  static async start(isolates: number): Promise<UsedFunctions> {
    const upstream = await new Upstream().listen();
    const photo = png(1_200, 800, (x, y) => [x & 255, y & 255, (x + y) & 255, 255]);
    const answer = (type: string, body: string | Buffer) => {
      const handler: Upstream["handlers"][string] = (_, response) => response.setHeader("content-type", type).end(body);
      return handler;
    };
    Object.assign(upstream.handlers, {
      api: answer("application/json", ITEMS),
      photo: answer("image/png", photo),
      page: answer("text/html", "<!doctype html><p>page</p>"),
      old: answer("text/plain", "object"),
      experiment: answer("application/json", EXPERIMENT),
    });
    const runner = new TestRunner({
      workers: 1,
      origins: [{ host: "127.0.0.1", port: upstream.port }],
      isolates: { max: isolates, idleMs: 300_000, spare: 2 },
    });
    runner.writeSecret("jwt-secret", SECRET);
    runner.writeSecret("new-bucket-key-id", "AKIDEXAMPLE");
    runner.writeSecret("new-bucket-key", "secret");
    await runner.start();
    const { url } = upstream;
    const envs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      jwt: { UPSTREAM: `${url}/page` },
      "ab-test": { UPSTREAM: `${url}/page`, SOURCE: `${url}/experiment` },
      "security-headers": { UPSTREAM: `${url}/page` },
      images: { SOURCE: url },
      catalog: { UPSTREAM: `${url}/api` },
      buckets: { OLD: `${url}/old`, NEW: `${url}/new`, PERCENT: "0" },
      "warm-up": { URLS: `${url}/page ${url}/api` },
    };
    const configs = documentedConfigs();
    const functions = READY.map(async (name) => {
      const config = configs.get(name);
      if (config === undefined) throw new Error(`functions/README.md has no config of ${name}`);
      return [name, await readyFunction(config, envs[name] ?? {})] as const;
    });
    await runner.deploy(Object.fromEntries(await Promise.all(functions)));
    return new UsedFunctions(runner, upstream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.runner[Symbol.asyncDispose]();
    this.#upstream.close();
  }
}

/** A use of each, by name. */
export async function usesOfAll(): Promise<Readonly<Record<string, Use | null>>> {
  const token = await new SignJWT({ sub: "ada", iss: "https://login.example.com/", aud: "app" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
  return {
    jwt: { path: "/account/me", headers: { authorization: `Bearer ${token}` }, status: 200 },
    "ab-test": { path: "/checkout/cart", headers: { cookie: "ab-checkout=new" }, status: 200 },
    localize: { path: "/localize?price=9.99", headers: { "x-edge-country": "DE" }, status: 200 },
    "security-headers": { path: "/site/", status: 200 },
    images: { path: "/images/photo?w=320&format=webp", status: 200 },
    catalog: { path: "/catalog/api/items", status: 200 },
    redirects: { path: "/old/blog/2020/hello", status: 308 },
    buckets: { path: "/buckets/a.txt", status: 200 },
    guestbook: { path: "/guestbook", status: 200 },
    "warm-up": null,
    counter: { path: "/counter/visits", method: "POST", status: 200 },
  };
}
