import { type PostgresConfig, prefixesWithin, type RedisConfig } from "@edge-fleet/runner/storesConfig";
import { choose } from "./explain.ts";
import type { ProblemList } from "./problems.ts";
import type { RawConfig } from "./schema.ts";

type RawServer = { readonly ca?: string | undefined; readonly tls?: "verify" | "off" | undefined };

const withNulls = <S extends RawServer>(server: S) => ({ ...server, ca: server.ca ?? null, tls: server.tls ?? null });
const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);

/** Sorted by name. */
export function postgresConfigs(databases: RawConfig["postgres"]): PostgresConfig[] {
  return Object.entries(databases)
    .map(([name, database]) => ({ name, ...withNulls(database) }))
    .sort(byName);
}

/** Sorted by name. */
export function redisConfigs(servers: RawConfig["redis"]): RedisConfig[] {
  return Object.entries(servers)
    .map(([name, { prefix, ...server }]) => ({ name, ...withNulls(server), prefix: prefix ?? `${name}:` }))
    .sort(byName);
}

/** Keys of one name are out of reach of the others. */
export function refusePrefixesWithin(servers: RawConfig["redis"], problems: ProblemList): void {
  const told = redisConfigs(servers).filter(({ name }) => !problems.touches(["redis", name, "prefix"]));
  for (const [{ name, prefix }, outer] of prefixesWithin(told)) {
    problems.add(["redis", name, "prefix"], {
      value: prefix,
      problem: `begins with ${outer.prefix}, the prefix of edge-fleet:redis.${outer.name} with the same url`,
      remedy: "Give two prefixes neither of which begins with the other, such as their names with a colon.",
    });
  }
}

/** Bindings name databases and servers of the stack. @param stores undefined where what the config says of them cannot be read. */
export function refuseUnknownStores(
  functions: RawConfig["functions"],
  stores: { readonly [Kind in "postgres" | "redis"]: object | undefined },
  problems: ProblemList,
): void {
  for (const [name, { bindings }] of Object.entries(functions)) {
    for (const [variable, stands] of Object.entries(bindings)) {
      for (const kind of ["postgres", "redis"] as const) {
        const [store, known] = [stands[kind], stores[kind]];
        if (store === undefined || known === undefined || Object.hasOwn(known, store)) continue;
        problems.add(["functions", name, "bindings", variable, kind], {
          value: store,
          problem: `is not one of edge-fleet:${kind}`,
          remedy: remedyFor(store, Object.keys(known), `edge-fleet:${kind}.${store}`),
        });
      }
    }
  }
}

function remedyFor(store: string, known: readonly string[], key: string): string {
  return known.length === 0 ? `Add ${key}.` : `${choose(store, known)} Or add ${key}.`;
}
