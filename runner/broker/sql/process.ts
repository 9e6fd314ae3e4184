import { isMainThread, Worker } from "node:worker_threads";
import { BindingFault } from "../bindings/engine.ts";
import { jsonOf } from "../bindings/wholeBody.ts";
import { Database } from "./database.ts";
import type { FromSqlProcess, SqlJob } from "./messages.ts";
import type { SqlRules } from "./rules.ts";
import { sqlCall } from "./sqlCall.ts";
import { watchOver } from "./watchdog.ts";

/**
 * A process that runs statements of functions. SQLite in Node cannot be interrupted, not even by ending its thread: a statement that goes on for too
 * long is ended with its process, and what was committed is in the file.
 */
if (isMainThread) serve(JSON.parse(process.argv[2] as string) as SqlRules);
else watchOver(process.argv[2] as string);

function serve(rules: SqlRules): void {
  new Worker(new URL(import.meta.url), { argv: [`${process.ppid} ${rules.processBytes}`] });
  const open = new Map<string, Database>();
  process.on("disconnect", () => {
    for (const database of open.values()) database.close();
    process.exit(0);
  });
  process.on("message", (job: SqlJob) => tell(run(job, open, rules)));
  tell({ type: "ready" });
}

function run({ file, operation, body }: SqlJob, open: Map<string, Database>, rules: SqlRules): FromSqlProcess {
  try {
    const call = sqlCall(operation, jsonOf(body));
    return { type: "done", json: Buffer.from(opened(file, open, rules).run(call)) };
  } catch (error) {
    if (!(error instanceof BindingFault)) throw error;
    return { type: "failed", failure: error.failure };
  }
}

/** Those that are used stay open; the one that was not used for longest makes room. */
function opened(file: string, open: Map<string, Database>, rules: SqlRules): Database {
  const database = open.get(file) ?? new Database(file, rules);
  open.delete(file);
  for (const [other, idle] of open) {
    if (open.size < rules.openPerProcess) break;
    idle.close();
    open.delete(other);
  }
  open.set(file, database);
  return database;
}

function tell(message: FromSqlProcess): void {
  process.send?.(message);
}
