import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Application } from "./application.ts";
import type { Address } from "./candidate.ts";
import { pinned } from "./cores.ts";

/** Connections at once, shared out among a candidate's addresses. */
export const CONNECTIONS = 50;

export interface Load {
  readonly addresses: readonly Address[];
  readonly application: Application;
  /** Requests go to this many functions in turn. */
  readonly tenants: number;
  /** Each request on a connection of its own. */
  readonly isOnNewConnections: boolean;
  /** It never ends by time where connections end with their requests. */
  readonly until: { readonly seconds: number } | { readonly requests: number };
  readonly cpus: readonly number[];
  readonly dir: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
}

/** Loads a candidate at all of its addresses at once. @throws Error when any request was not answered with status 200 */
export async function h2load(load: Load): Promise<LoadResult> {
  const results = await Promise.all(load.addresses.map((address) => h2loadOne(load, address)));
  return {
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    perSecond: results.reduce((sum, { perSecond }) => sum + perSecond, 0),
  };
}

async function h2loadOne(load: Load, address: Address): Promise<LoadResult> {
  const { addresses, application, tenants, isOnNewConnections, until, cpus, dir } = load;
  const authority = "socket" in address ? "edge.example" : `127.0.0.1:${address.port}`;
  const uris = join(dir, `uris-${addresses.indexOf(address)}`);
  const paths = Array.from({ length: tenants }, (_, tenant) => `http://${authority}${application.pathOf(tenant)}\n`);
  writeFileSync(uris, paths.join(""));
  const headers = { ...application.headers, ...(isOnNewConnections && { connection: "close" }) };
  const ends =
    "seconds" in until ? ["-D", `${until.seconds}`] : ["-n", `${Math.ceil(until.requests / addresses.length)}`];
  const [program, ...pinnedTo] = pinned(cpus) as [string, ...string[]];
  const args = [
    ...["--h1", "--input-file", uris, "--clients", `${Math.ceil(CONNECTIONS / addresses.length)}`, ...ends],
    ...("socket" in address ? ["--base-uri", `unix:${address.socket}`] : []),
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
  ];
  try {
    const { stdout } = await promisify(execFile)(program, [...pinnedTo, "h2load", ...args]);
    return parseH2load(stdout);
  } finally {
    rmSync(uris);
  }
}

/** Reads the summary that h2load ends with. @throws Error when there is none, or when it tells of a failure */
export function parseH2load(output: string): LoadResult {
  const [, perSecond] = /^finished in \S+, ([\d.]+) req\/s/m.exec(output) ?? [];
  const [, done, succeeded] = /^requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded/m.exec(output) ?? [];
  const [, others] = /^status codes: \d+ 2xx, (.*)$/m.exec(output) ?? [];
  if (perSecond === undefined || done === undefined || done === "0")
    throw new Error(`h2load has not ended well:\n${output}`);
  if (done !== succeeded || others !== "0 3xx, 0 4xx, 0 5xx")
    throw new Error(`some requests were not answered with status 2xx:\n${output}`);
  return { requests: Number(done), perSecond: Number(perSecond) };
}
