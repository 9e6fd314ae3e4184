/**
 * What a policy costs before the cache: `node components/node/bench/policies.ts [seconds]`. Each variant is a release on one node; answers are
 * cached ones over TLS and HTTP/2. Told is the processor time of door and judge for a request, which other load on the machine changes less than
 * rates, beside the same without any policy; rounds of both alternate.
 */
import { execFile } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { type PolicedFunction, PolicedNode } from "../../../test/node/policedNode.ts";

type Policies = PolicedFunction["policies"];

interface Variant {
  readonly policies: Policies;
  /** Of another function in the same release. */
  readonly others?: Policies;
  readonly headers?: Readonly<Record<string, string>>;
}

const ROUNDS = 3;
const SECONDS = Number(process.argv[2] ?? 3);
const PATH = "/asked/page";
const KEY = "a key of the bench";
const TOKEN_SECRET = "a secret of the bench, long enough";
const MANY = 1_000_000;

const VARIANTS: Readonly<Record<string, Variant>> = {
  "none, beside a function that has some": { policies: undefined, others: { bodyBytes: 1 } },
  addresses: { policies: { addresses: { allow: [], deny: ["192.0.2.0/24"] } } },
  "rateLimits.client": { policies: { rateLimits: { client: { requests: MANY, window: "1m" } } } },
  apiKeys: {
    policies: { apiKeys: { bench: createHash("sha256").update(KEY).digest("hex") } },
    headers: { "x-api-key": KEY },
  },
  "jwt (HS256)": {
    policies: { jwt: { issuer: "bench", audiences: ["bench"] } },
    headers: { authorization: `Bearer ${token()}` },
  },
  cors: {
    policies: {
      cors: {
        origins: ["https://app.test"],
        methods: ["GET"],
        headers: [],
        exposeHeaders: [],
        credentials: false,
        maxAgeSeconds: 60,
      },
    },
    headers: { origin: "https://app.test" },
  },
  responseHeaders: { policies: { responseHeaders: { "x-frame-options": "DENY" } } },
};

const issuers = [{ name: "bench", issuer: "bench", keys: [], secret: "bench-key" }];
const node = new PolicedNode({ issuers });
try {
  node.node.runner.writeSecret("bench-key", TOKEN_SECRET);
  await node.start(functionsOf({ policies: undefined }));
  for (const [name, variant] of Object.entries(VARIANTS)) {
    const costs: { readonly without: number; readonly with: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      costs.push({ without: await cpuMicrosOf({ policies: undefined }), with: await cpuMicrosOf(variant) });
    }
    const without = median(costs.map((cost) => cost.without));
    const ratios = costs.map((cost) => cost.with / cost.without);
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    process.stdout.write(
      `${name}: ${median(ratios).toFixed(2)} of ${without.toFixed(1)} µs without policies (${range})\n`,
    );
  }
} finally {
  await node[Symbol.asyncDispose]();
}

/** Processor time of door and judge for a request, µs. @throws Error when any was not answered with status 200 */
async function cpuMicrosOf(variant: Variant): Promise<number> {
  await node.publish(functionsOf(variant));
  const { address, domain, ports } = node.node.config;
  const headers = Object.entries({ ":authority": domain, ...variant.headers });
  const args = [
    ...["-D", `${SECONDS}`, "-c", "16", "-m", "8", "-t", "1"],
    ...headers.flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    `https://${address}:${ports.https}${PATH}`,
  ];
  const spentMs = () => cpuMs("haproxy") + cpuMs("judge");
  const beforeMs = spentMs();
  const { stdout } = await promisify(execFile)("h2load", args);
  const usedMs = spentMs() - beforeMs;
  const [, good] = /status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx/.exec(stdout) ?? [];
  if (good === undefined) throw new Error(`not every request was answered with 200:\n${stdout}`);
  return (usedMs * 1_000) / Number(good);
}

function cpuMs(program: "haproxy" | "judge"): number {
  const stat = readFileSync(`/proc/${node.node.process(program).pid}/stat`, "utf8");
  const [user, system] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  // Of 100 a second on every Linux that Node runs on.
  return (Number(user) + Number(system)) * 10;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] as number;
}

function functionsOf({ policies, others }: Variant): Record<string, PolicedFunction> {
  const asked: PolicedFunction = { routes: ["/asked/*"], cache: "public, max-age=600" };
  return {
    asked: policies === undefined ? asked : { ...asked, policies },
    beside: others === undefined ? { routes: ["/beside"] } : { routes: ["/beside"], policies: others },
  };
}

function token(): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "bench", aud: "bench", exp: Math.floor(Date.now() / 1_000) + 86_400 };
  const text = `${part({ alg: "HS256" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", TOKEN_SECRET).update(text).digest("base64url")}`;
}
