import { join } from "node:path";
import { CacheEngine } from "../cache/cacheEngine.ts";
import { KvEngine } from "../kv/kvEngine.ts";
import { KvThread } from "../kv/kvThread.ts";
import type { BrokerConfig } from "../main.ts";
import { SqlDatabases } from "../sql/sqlDatabases.ts";
import { SqlEngine } from "../sql/sqlEngine.ts";
import type { BindingEngines } from "./bindingCalls.ts";
import { Stores } from "./stores.ts";

const MB = 1024 * 1024;
const GB = 1024 * 1024 * 1024;
const KV_CEILINGS = { namespaceBytes: GB, fileBytes: 8 * GB };

type EngineParts = Pick<BrokerConfig, "bindingsDir" | "scripts" | "secretsDir" | "postgres" | "redis">;

/** Answers of all functions in the broker's memory; the cache in front of the node has its own. */
const CACHE_BYTES = 64 * MB;

/** What does the operations of each kind of binding on this node. */
export function bindingEngines({ bindingsDir, scripts, ...servers }: EngineParts): BindingEngines {
  const { secretsDir, postgres, redis } = servers;
  const stores = new Stores(scripts.stores, { secretsDir, postgres, redis });
  return {
    cache: new CacheEngine(CACHE_BYTES),
    kv: new KvEngine(new KvThread(scripts.kv, { path: join(bindingsDir, "kv.sqlite"), ceilings: KV_CEILINGS })),
    sql: new SqlEngine(new SqlDatabases(scripts.sql, join(bindingsDir, "sql"))),
    postgres: stores.engine("postgres"),
    redis: stores.engine("redis"),
  };
}
