import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pinned } from "../../runner/bench/sideBySide/cores.ts";
import { type LoadResult, parseH2load } from "../../runner/bench/sideBySide/h2load.ts";

const CONNECTIONS = 50;
/** Streams at once on a connection of HTTP/2. */
const STREAMS = 4;

export interface Target {
  /** `https://…` for TLS; `http://…` without. */
  readonly url: string;
  /** Where the URL's host is reached, when that is a UNIX socket. */
  readonly socket?: string;
  readonly http: "h1" | "h2";
  readonly headers?: Readonly<Record<string, string>>;
}

/** Loads one URL from the CPUs of the load. @throws Error when any request was not answered with status 2xx */
export async function load(target: Target, seconds: number, cpus: readonly number[]): Promise<LoadResult> {
  const { url, socket, http, headers = {} } = target;
  const [program, ...pinnedTo] = pinned(cpus) as [string, ...string[]];
  const args = [
    ...(http === "h1" ? ["--h1"] : ["--max-concurrent-streams", `${STREAMS}`]),
    ...["--clients", `${CONNECTIONS}`, "--duration", `${seconds}`],
    ...(socket === undefined ? [] : ["--base-uri", `unix:${socket}`]),
    ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    url,
  ];
  const { stdout } = await promisify(execFile)(program, [...pinnedTo, "h2load", ...args]);
  return parseH2load(stdout);
}

/** New connections of TLS 1.2 per second, each with one request, with full handshakes or resumed ones. */
export async function handshakes(
  address: string,
  { path, isResumed, seconds }: { readonly path: string; readonly isResumed: boolean; readonly seconds: number },
  cpus: readonly number[],
): Promise<number> {
  const [program, ...pinnedTo] = pinned(cpus) as [string, ...string[]];
  const args = ["s_time", "-connect", address, "-www", path, "-time", `${seconds}`, "-tls1_2"];
  const { stdout } = await promisify(execFile)(program, [
    ...pinnedTo,
    "openssl",
    ...args,
    isResumed ? "-reuse" : "-new",
  ]);
  const [, connections, took] = /^(\d+) connections in (\d+) real seconds/m.exec(stdout) ?? [];
  if (connections === undefined || connections === "0" || took === undefined)
    throw new Error(`openssl s_time has not ended well:\n${stdout}`);
  return Number(connections) / Number(took);
}
