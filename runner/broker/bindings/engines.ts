import { join } from "node:path";
import { KvEngine } from "../kv/kvEngine.ts";
import { KvThread } from "../kv/kvThread.ts";
import type { BrokerConfig } from "../main.ts";
import { SqlDatabases } from "../sql/sqlDatabases.ts";
import { SqlEngine } from "../sql/sqlEngine.ts";
import type { BindingEngines } from "./bindingCalls.ts";

const GB = 1024 * 1024 * 1024;
const KV_CEILINGS = { namespaceBytes: GB, fileBytes: 8 * GB };

/** What does the operations of each kind of binding on this node. */
export function bindingEngines({
  bindingsDir,
  scripts,
}: Pick<BrokerConfig, "bindingsDir" | "scripts">): BindingEngines {
  return {
    kv: new KvEngine(new KvThread(scripts.kv, { path: join(bindingsDir, "kv.sqlite"), ceilings: KV_CEILINGS })),
    sql: new SqlEngine(new SqlDatabases(scripts.sql, join(bindingsDir, "sql"))),
  };
}
