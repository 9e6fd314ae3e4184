import { RESOURCE_NAME } from "./release/functionManifest.ts";
import { SECRET_REFERENCE } from "./secretReference.ts";

/** Where a store's server is, and what is believed of it. */
interface ServerConfig {
  /** What bindings name. */
  readonly name: string;
  /** Name of the secret with the URL, in which user and password are. */
  readonly url: string;
  /** Name of the secret with certificates of the authorities that are believed, PEM; null for those that Node knows. */
  readonly ca: string | null;
  /** Null: verified, unless the server is on this machine. */
  readonly tls: "verify" | "off" | null;
}

/** A PostgreSQL database that functions may be bound to. */
export interface PostgresConfig extends ServerConfig {
  /** The most connections of one node; one function has half of them at most. */
  readonly connections: number;
}

/** A Redis server that functions may be bound to. */
export interface RedisConfig extends ServerConfig {
  /** What every key of functions begins with. */
  readonly prefix: string;
}

export const CONNECTIONS = { min: 1, max: 100 } as const;

/** Without characters that a pattern of SCAN takes for others. */
export const KEY_PREFIX = {
  regex: /^[A-Za-z0-9_.:-]{1,64}$/,
  gloss: "1 to 64 letters, digits, _ . : and -",
};

type Prefixed = Pick<RedisConfig, "name" | "url" | "prefix">;

/**
 * Servers whose functions would have keys among those of another one, and that other one: with the same secret for the
 * URL, a prefix that begins with the other's.
 */
export function prefixesWithin<S extends Prefixed>(servers: readonly S[]): (readonly [inner: S, outer: S])[] {
  return servers.flatMap((inner, index) => {
    const outer = servers.find(
      ({ url, prefix }, other) =>
        other !== index &&
        url === inner.url &&
        inner.prefix.startsWith(prefix) &&
        (prefix !== inner.prefix || other < index),
    );
    return outer === undefined ? [] : [[inner, outer] as const];
  });
}

/** What is wrong with the entries of `key`: `[key, value, remedy]`. */
export function storeFaults(
  key: "postgres" | "redis",
  value: unknown,
): [key: string, value: unknown, remedy: string][] {
  if (!Array.isArray(value)) return [[key, value, "give a list; it may be empty"]];
  const faults = value.map((entry, index) => (isServer(entry) && isOfKind(key, entry) ? null : index));
  const remedy = "give { name, url, ca, tls } with names of secrets, and connections or prefix";
  if (key === "redis" && faults.every((index) => index === null)) {
    return prefixesWithin(value as RedisConfig[]).map(([inner, outer]) => {
      return [
        `redis[${value.indexOf(inner)}].prefix`,
        inner.prefix,
        `give one that does not begin with ${outer.prefix}, the prefix of ${outer.name}`,
      ];
    });
  }
  return faults.flatMap((index) => (index === null ? [] : [[`${key}[${index}]`, value[index], remedy]]));
}

function isServer(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const { name, url, ca, tls } = value as Record<string, unknown>;
  const isSecret = (secret: unknown) => typeof secret === "string" && SECRET_REFERENCE.regex.test(secret);
  const isNamed = typeof name === "string" && RESOURCE_NAME.regex.test(name);
  return isNamed && isSecret(url) && (ca === null || isSecret(ca)) && [null, "verify", "off"].includes(tls as null);
}

function isOfKind(key: "postgres" | "redis", { connections, prefix }: Record<string, unknown>): boolean {
  if (key === "redis") return typeof prefix === "string" && KEY_PREFIX.regex.test(prefix);
  return (
    Number.isInteger(connections) && Number(connections) >= CONNECTIONS.min && Number(connections) <= CONNECTIONS.max
  );
}
