import { join } from "node:path";
import { readSecret } from "../../secretFiles.ts";
import { CacheEngine } from "../cache/cacheEngine.ts";
import { KvEngine } from "../kv/kvEngine.ts";
import { KvThread } from "../kv/kvThread.ts";
import type { BrokerConfig } from "../main.ts";
import { RedisEngine } from "../redis/redisEngine.ts";
import { SqlDatabases } from "../sql/sqlDatabases.ts";
import { SqlEngine } from "../sql/sqlEngine.ts";
import type { BindingEngines } from "./bindingCalls.ts";
import type { BindingEngine } from "./engine.ts";

const MB = 1024 * 1024;
const GB = 1024 * 1024 * 1024;
const KV_CEILINGS = { namespaceBytes: GB, fileBytes: 8 * GB };

type EngineParts = Pick<BrokerConfig, "bindingsDir" | "scripts" | "secretsDir" | "postgres" | "redis">;

/** Answers of all functions in the broker's memory; the cache in front of the node has its own. */
const CACHE_BYTES = 64 * MB;

/** What does the operations of each kind of binding on this node. */
export function bindingEngines({ bindingsDir, scripts, secretsDir, postgres, redis }: EngineParts): BindingEngines {
  const secretOf = (kind: string) => (name: string) =>
    readSecret(secretsDir, name, { owner: kind, what: `edge-fleet:${kind}` });
  return {
    cache: new CacheEngine(CACHE_BYTES),
    kv: new KvEngine(new KvThread(scripts.kv, { path: join(bindingsDir, "kv.sqlite"), ceilings: KV_CEILINGS })),
    sql: new SqlEngine(new SqlDatabases(scripts.sql, join(bindingsDir, "sql"))),
    postgres: lazily(async () => {
      const { PostgresEngine } = await import("../postgres/postgresEngine.ts");
      return new PostgresEngine(postgres, secretOf("postgres"));
    }),
    redis: new RedisEngine(redis, secretOf("redis")),
  };
}

/** A library that most nodes have no use for is loaded by its first operation. */
function lazily(load: () => Promise<BindingEngine>): BindingEngine {
  let loaded: Promise<BindingEngine> | undefined;
  return {
    async run(operation) {
      loaded ??= load();
      return (await loaded).run(operation);
    },
  };
}
