import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { isAbsolute, join } from "node:path";
import { type PostgresConfig, type RedisConfig, storeFaults } from "./storesConfig.ts";

/** An origin that functions may reach although its address is private, by exact host and port. */
export interface AllowedOrigin {
  readonly host: string;
  readonly port: number;
}

/** What a worker keeps of isolates. */
export interface IsolatePoolConfig {
  /** Isolates that one worker keeps; the least recently used idle one makes room. */
  readonly max: number;
  /** Idle time after which an isolate ends, ms. */
  readonly idleMs: number;
  /** Isolates kept ready with the platform evaluated and no function in them, per worker. */
  readonly spare: number;
}

/** `runner.json`: what the runner of one node is given. Every path is absolute. */
export interface RunnerConfig {
  /** The node's name, as in logs and acks. */
  readonly node: string;
  /** Region in `x-edge-region` and `request.edge.region`. */
  readonly region: string;
  /** The fleet's domain: below it are the addresses of single versions. */
  readonly domain: string;
  /** UNIX socket that takes HTTP requests from the cache. */
  readonly data: string;
  /** UNIX socket (mode 0600) on which the agent hands over releases. */
  readonly control: string;
  /** Listener of `/healthz`, `/readyz` and `/metrics`. */
  readonly admin: { readonly host: string; readonly port: number };
  /** Folder of the sockets between the runner's processes. */
  readonly runDir: string;
  /** Folder of `<n>/release.json`, `<n>/modules/<sha256>` and `active`, written by the agent. */
  readonly releasesDir: string;
  /** Folder of what can be made again: the bundled platform. */
  readonly cacheDir: string;
  /** Folder of what the runner remembers of functions across restarts; workers have no use for it. */
  readonly stateDir: string;
  /** Worker processes that serve; one more stands by and tries new releases. */
  readonly workers: number;
  /** Further worker processes, started on demand, each for one function that must not share a process. */
  readonly privateWorkers: number;
  /** Resident size above which a worker is replaced, MB. */
  readonly workerRssMb: number;
  readonly isolates: IsolatePoolConfig;
  /** Folder with a file per secret, its name the secret's, readable by the router's user alone. */
  readonly secretsDir: string;
  readonly origins: readonly AllowedOrigin[];
  /** Databases and servers that functions may be bound to. */
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
  /** The node's own addresses: functions reach none of their ports. */
  readonly denied: readonly string[];
}

/** `sun_path` holds 104 bytes on macOS, its end included; Linux has four more. */
export const SOCKET_PATH_BYTES_MAX = 103;

/** What each number may be; the stack's config is checked against it. */
export const RUNNER_RANGES = {
  workers: { min: 1, max: 64 },
  privateWorkers: { min: 0, max: 32 },
  workerRssMb: { min: 128, max: 65_536 },
  isolates: {
    max: { min: 1, max: 1_000 },
    idleMs: { min: 100, max: 24 * 60 * 60_000 },
    spare: { min: 0, max: 100 },
  },
} as const;

/** The file is missing, is no JSON, or has wrong keys: the message lists all of them. */
export class RunnerConfigError extends Error {
  override readonly name = "RunnerConfigError";
}

/** @throws RunnerConfigError */
export function readRunnerConfig(path: string): RunnerConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new RunnerConfigError(`${path}: ${(cause as Error).message}`, { cause });
  }
  return parseRunnerConfig(value, path);
}

/** @throws RunnerConfigError naming every wrong key, its value and the remedy. */
export function parseRunnerConfig(value: unknown, source: string): RunnerConfig {
  const errors: string[] = [];
  const fields = isRecord(value) ? value : {};
  if (!isRecord(value)) errors.push("is not a JSON object");
  const expect = (good: boolean, key: string, found: unknown, remedy: string) => {
    if (!good) errors.push(`${key} is ${JSON.stringify(found) ?? "missing"}: ${remedy}`);
  };
  for (const key of ["node", "region"]) {
    const name = fields[key];
    expect(
      typeof name === "string" && /^[\w.-]{1,128}$/.test(name),
      key,
      name,
      "give a name of letters, digits, . - _",
    );
  }
  expect(isHost(fields.domain), "domain", fields.domain, "give a host name");
  for (const key of ["runDir", "releasesDir", "cacheDir", "stateDir", "secretsDir", "data", "control"]) {
    expect(isAbsolutePath(fields[key]), key, fields[key], "give an absolute path");
  }
  const within = (found: unknown, key: string, { min, max }: { min: number; max: number }) =>
    expect(isInteger(found, min, max), key, found, `give an integer from ${min} to ${max}`);
  for (const key of ["workers", "privateWorkers", "workerRssMb"] as const) {
    within(fields[key], key, RUNNER_RANGES[key]);
  }
  const isolates = isRecord(fields.isolates) ? fields.isolates : {};
  for (const [key, range] of Object.entries(RUNNER_RANGES.isolates)) within(isolates[key], `isolates.${key}`, range);
  const admin = isRecord(fields.admin) ? fields.admin : {};
  expect(isHost(admin.host), "admin.host", admin.host, "give a host name or address");
  expect(isInteger(admin.port, 0, 65_535), "admin.port", admin.port, "give a port number");
  if (Array.isArray(fields.origins)) {
    fields.origins.forEach((origin: unknown, index) => {
      const good = isRecord(origin) && isHost(origin.host) && isInteger(origin.port, 1, 65_535);
      expect(good, `origins[${index}]`, origin, "give { host, port }");
    });
  } else {
    expect(false, "origins", fields.origins, "give a list of { host, port }; it may be empty");
  }
  for (const key of ["postgres", "redis"] as const) {
    for (const fault of storeFaults(key, fields[key])) expect(false, ...fault);
  }
  const denied = fields.denied;
  const addresses = Array.isArray(denied) && denied.every((entry) => typeof entry === "string" && isIP(entry) !== 0);
  expect(addresses, "denied", denied, "give a list of the node's IP addresses; it may be empty");
  if (errors.length === 0) errors.push(...longSocketPaths(fields as unknown as RunnerConfig));
  if (errors.length > 0) throw new RunnerConfigError(`${source}:\n  ${errors.join("\n  ")}`);
  return fields as unknown as RunnerConfig;
}

/** Worker slots that always have a process: those that serve, then the one that stands by. */
export function slotCount(config: Pick<RunnerConfig, "workers">): number {
  return config.workers + 1;
}

/** All worker slots: after those of `slotCount` the private ones, which have a process on demand. */
export function slotCountWithPrivate(config: Pick<RunnerConfig, "workers" | "privateWorkers">): number {
  return slotCount(config) + config.privateWorkers;
}

/** The slot of the process that compiles functions without running them; after those of all workers. */
export function compilerSlot(config: Pick<RunnerConfig, "workers" | "privateWorkers">): number {
  return slotCountWithPrivate(config);
}

/** Socket on which the router hears the supervisor of the workers. */
export function supervisorSocket(config: Pick<RunnerConfig, "runDir">): string {
  return join(config.runDir, "supervisor.sock");
}

/** Folder of the sockets that the worker of one slot may reach: its own two. */
export function slotFolder(config: Pick<RunnerConfig, "runDir">, slot: number): string {
  return join(config.runDir, `w${slot}`);
}

/** Socket on which the router hears the worker of one slot. */
export function routerSocket(config: Pick<RunnerConfig, "runDir">, slot: number): string {
  return join(slotFolder(config, slot), "r.sock");
}

/** Socket on which the broker hears the worker of one slot. */
export function brokerSocket(config: Pick<RunnerConfig, "runDir">, slot: number): string {
  return join(slotFolder(config, slot), "b.sock");
}

/** Socket on which the broker hears the router: who may make sub-requests for whom. */
export function grantSocket(config: Pick<RunnerConfig, "runDir">): string {
  return join(config.runDir, "grants.sock");
}

/** Socket on which the router hears what functions ask of each other, from the broker. */
export function functionSocket(config: Pick<RunnerConfig, "runDir">): string {
  return join(config.runDir, "functions.sock");
}

function longSocketPaths(config: RunnerConfig): string[] {
  const { data, control } = config;
  return Object.entries({ data, control, runDir: supervisorSocket(config) })
    .filter(([, path]) => Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX)
    .map(
      ([key, path]) =>
        `${key}: the socket path ${path} has ${Buffer.byteLength(path)} bytes, the system takes ${SOCKET_PATH_BYTES_MAX}; ` +
        "set EDGE_STATE_DIR to a shorter folder",
    );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isAbsolutePath(value: unknown): boolean {
  return typeof value === "string" && isAbsolute(value) && !value.includes("\0");
}

function isHost(value: unknown): boolean {
  return typeof value === "string" && /^[A-Za-z0-9.:_-]{1,253}$/.test(value);
}
