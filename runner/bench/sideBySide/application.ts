import { createHmac } from "node:crypto";
import { join } from "node:path";
import { build } from "esbuild";
import { PACKAGES_DIR, PEERS_DIR } from "./peers.ts";

export const APPLICATIONS = ["tiny", "medium"] as const;
export type ApplicationName = (typeof APPLICATIONS)[number];

/** One application, bundled once: every candidate runs the same bytes, and a copy of them for each tenant. */
export interface Application {
  readonly name: ApplicationName;
  readonly code: string;
  /** Of a request to it. */
  readonly headers: Readonly<Record<string, string>>;
  pathOf(tenant: number): string;
}

/** What the key of `peers/apps/medium.mjs` signs. */
const KEY = "a key of thirty-two bytes, public";
const CLAIMS = {
  iss: "https://login.example",
  aud: "orders",
  sub: "customer-4711",
  scope: "profile orders:read",
  exp: 4_102_444_800,
};

const HEADERS: Readonly<Record<ApplicationName, () => Readonly<Record<string, string>>>> = {
  tiny: () => ({ accept: "*/*" }),
  medium: () => ({
    accept: "application/json, text/plain, */*",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en-GB,en;q=0.9,de;q=0.8",
    authorization: `Bearer ${tokenOf(CLAIMS, KEY)}`,
    cookie: "session=5f2b9c1e7a; theme=dark; consent=essential",
    origin: "https://shop.example",
    referer: "https://shop.example/account/orders",
    "sec-fetch-dest": "empty",
    "sec-fetch-mode": "cors",
    "sec-fetch-site": "same-site",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "x-forwarded-for": "192.0.2.1",
  }),
};

const PATHS: Readonly<Record<ApplicationName, string>> = { tiny: "", medium: "orders/4711?page=3&sort=total" };

/** Tenants are told apart by the first part of the path. */
export function tenantPath(tenant: number): string {
  return `/t${tenant}/`;
}

/** Bundles an application; its packages are the peers'. */
export async function application(name: ApplicationName): Promise<Application> {
  const { outputFiles } = await build({
    entryPoints: [join(PEERS_DIR, "apps", `${name}.mjs`)],
    nodePaths: [PACKAGES_DIR],
    bundle: true,
    write: false,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["worker", "browser", "import"],
    target: "es2024",
  });
  return {
    name,
    code: outputFiles[0]?.text ?? "",
    headers: HEADERS[name](),
    pathOf: (tenant) => `${tenantPath(tenant)}${PATHS[name]}`,
  };
}

function tokenOf(claims: object, key: string): string {
  const parts = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return `${parts.join(".")}.${createHmac("sha256", key).update(parts.join(".")).digest("base64url")}`;
}
