import { readFileSync } from "node:fs";
import { parseStoreAddress, s3Place } from "../release/storeAddress.ts";
import type { CertificatesConfig } from "./certificates/config.ts";
import { type MachineConfig, machineProblems } from "./machine/config.ts";
import { type SecretsConfig, secretsProblems } from "./secrets/config.ts";

/** `agent.json`: what the agent of one node is told at start. */
export interface AgentConfig {
  /** Name of this node; its acknowledgement is `acks/<node>.json`. */
  readonly node: string;
  readonly region: string;
  /** Where releases come from. */
  readonly store: {
    /** `file:<folder>` that the whole fleet on this machine shares, or `s3://<bucket>/<prefix>?region=<region>`. */
    readonly address: string;
    /** Buckets with copies of it, nearest first; empty for a folder. */
    readonly replicas: readonly string[];
  };
  /** Folder of the node's own read-only copies, from which the runner boots. */
  readonly releasesDir: string;
  /** UNIX socket on which the runner takes releases. */
  readonly control: string;
  /** File with the deployers' public Ed25519 keys, PEM: only what one of them signed is taken. Null: anything is. */
  readonly releaseKeys: string | null;
  /** File with a private Ed25519 key, PEM, with which the node ends splits whose candidates are too bad. Null: it has none. */
  readonly releaseSigner: string | null;
  /** How often the store's pointer is looked at, ms. */
  readonly pollMs: number;
  /** Address of `/healthz` and `/metrics`. */
  readonly admin: { readonly host: string; readonly port: number };
  /** Null where nobody terminates TLS. */
  readonly certificates: CertificatesConfig | null;
  /** The other nodes of the region, of whom HAProxy is told; null where nobody is asked. */
  readonly farm: FarmConfig | null;
  /** The machine of an auto scaling group that the node is; null elsewhere. */
  readonly machine: MachineConfig | null;
  /** The node's cache; null where there is none. */
  readonly cache: CacheConfig | null;
  /** The HAProxy that applies functions' policies; null where there is none. */
  readonly door: DoorConfig | null;
  /** Null where nobody is asked for secrets. */
  readonly secrets: SecretsConfig | null;
}

export interface CacheConfig {
  /** UNIX socket on which the agent takes what the node itself asks of its cache. */
  readonly commands: string;
  /** UNIX socket of Varnish's for purging. */
  readonly purge: string;
}

export interface FarmConfig {
  /** JSON file with the list: `[{"name", "address"}]`. Null: they are the other machines of the node's group. */
  readonly list: string | null;
  /** UNIX socket of HAProxy's commands. */
  readonly haproxy: string;
  /** Port on which nodes answer each other. */
  readonly port: number;
}

export interface DoorConfig {
  /** UNIX socket for commands of the HAProxy that finds which policies a request has. */
  readonly routes: string;
  /** The same of the one that judges by them. */
  readonly policies: string;
  /** Folder of the maps that HAProxy reads. */
  readonly folder: string;
  /** Folder with a file per secret. */
  readonly secretsDir: string;
  /** Issuers whose tokens HAProxy can judge; the secret that signs them, null where it has their public keys. */
  readonly issuers: readonly { readonly name: string; readonly secret: string | null }[];
  readonly hasCountries: boolean;
}

/** The kernel's room for a UNIX socket's path on Linux is 108 bytes, on macOS 104, with the final zero. */
const SOCKET_PATH_BYTES_MAX = 103;
const NODE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export class AgentConfigError extends Error {
  override readonly name = "AgentConfigError";
}

/** @throws AgentConfigError naming the file, and the key, its value and the remedy where one is wrong. */
export function readAgentConfig(file: string): AgentConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AgentConfigError(`${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  try {
    return parseAgentConfig(value);
  } catch (cause) {
    throw new AgentConfigError(`${file}:\n${(cause as Error).message}`, { cause });
  }
}

/** @throws AgentConfigError with all problems, a line each. */
export function parseAgentConfig(value: unknown): AgentConfig {
  const problems: string[] = [];
  const check = (holds: boolean, key: string, found: unknown, expected: string) => {
    if (!holds) problems.push(`  ${key} is ${JSON.stringify(found)}: give ${expected}`);
  };
  const config = object(value);
  const store = object(config.store);
  const admin = object(config.admin);
  const absolute = (key: string, path: unknown) =>
    check(typeof path === "string" && path.startsWith("/"), key, path, "an absolute path");

  check(isText(config.node) && NODE.test(config.node), "node", config.node, "letters, digits, `.`, `_` and `-`");
  check(isText(config.region) && config.region !== "", "region", config.region, "the region's name");
  for (const problem of storeProblems(store)) problems.push(`  ${problem}`);
  absolute("releasesDir", config.releasesDir);
  absolute("control", config.control);
  const short = (key: string, path: unknown) =>
    check(
      !isText(path) || Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX,
      key,
      path,
      `a socket path of at most ${SOCKET_PATH_BYTES_MAX} bytes; set EDGE_STATE_DIR to a folder with a shorter path`,
    );
  short("control", config.control);
  for (const key of ["releaseKeys", "releaseSigner"]) if (config[key] !== null) absolute(key, config[key]);
  check(isWhole(config.pollMs, 10, 60_000), "pollMs", config.pollMs, "milliseconds from 10 to 60000");
  check(isText(admin.host) && admin.host !== "", "admin.host", admin.host, "an address to listen on");
  check(isWhole(admin.port, 0, 65_535), "admin.port", admin.port, "a port from 0 to 65535 (0: any free one)");

  if (config.farm !== null) {
    const farm = object(config.farm);
    if (farm.list !== null || config.machine === null) absolute("farm.list", farm.list);
    absolute("farm.haproxy", farm.haproxy);
    check(isWhole(farm.port, 1, 65_535), "farm.port", farm.port, "a port from 1 to 65535");
  }
  if (config.machine !== null) problems.push(...machineProblems(config.machine).map((problem) => `  ${problem}`));
  if (config.cache !== null) {
    const cache = object(config.cache);
    for (const key of ["commands", "purge"]) {
      absolute(`cache.${key}`, cache[key]);
      short(`cache.${key}`, cache[key]);
    }
  }

  if (config.certificates !== null) {
    const certificates = object(config.certificates);
    for (const key of ["held", "haproxy", "revoked"]) absolute(`certificates.${key}`, certificates[key]);
    const sources = Array.isArray(certificates.sources) ? certificates.sources.map(object) : [];
    const fit = sources.every(({ name, from, names }) => isText(name) && isText(from) && Array.isArray(names));
    const expected = "a list of certificates with name, from and names";
    check(fit && sources.length > 0, "certificates.sources", certificates.sources, expected);
    const managed = object(certificates.managed);
    const isManaged =
      Array.isArray(managed.regions) && managed.regions.length > 0 && Array.isArray(managed.certificates);
    const wanted = "{regions, endpoint, certificates}, or null";
    check(certificates.managed === null || isManaged, "certificates.managed", certificates.managed, wanted);
  }

  if (config.secrets !== null) problems.push(...secretsProblems(config.secrets).map((problem) => `  ${problem}`));

  if (config.door !== null) {
    const door = object(config.door);
    for (const key of ["routes", "policies", "folder", "secretsDir"]) absolute(`door.${key}`, door[key]);
    const issuers = Array.isArray(door.issuers) ? door.issuers.map(object) : null;
    const fits = issuers?.every(({ name, secret }) => isText(name) && (secret === null || isText(secret))) === true;
    check(fits, "door.issuers", door.issuers, "a list of issuers with name and secret");
    check(typeof door.hasCountries === "boolean", "door.hasCountries", door.hasCountries, "true or false");
  }

  if (problems.length > 0) throw new AgentConfigError(problems.join("\n"));
  return value as AgentConfig;
}

function storeProblems({ address, replicas }: Readonly<Record<string, unknown>>): string[] {
  const isList = Array.isArray(replicas) && replicas.every(isText);
  if (!isText(address) || !isList) return ["store is not {address, replicas}: give an address and a list of addresses"];
  try {
    const place = parseStoreAddress(address);
    if (place.kind === "s3") replicas.map(s3Place);
    else if (!place.path.startsWith("/")) return [`store.address is ${JSON.stringify(address)}: give an absolute path`];
    else if (replicas.length > 0) return ["store.replicas: a folder has none; give an empty list"];
    return [];
  } catch (error) {
    return [`store: ${(error as Error).message}`];
  }
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}
