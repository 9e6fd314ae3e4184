import type { BindingEngine, Operation, OperationResult } from "../bindings/engine.ts";
import { jsonBody } from "../bindings/jsonBody.ts";
import { SQL_RULES } from "./rules.ts";
import { sqlCall } from "./sqlCall.ts";
import type { SqlDatabases } from "./sqlDatabases.ts";

/** Bindings of SQLite databases. */
export class SqlEngine implements BindingEngine {
  readonly #databases: Pick<SqlDatabases, "run">;

  constructor(databases: Pick<SqlDatabases, "run">) {
    this.#databases = databases;
  }

  async run(operation: Operation): Promise<OperationResult> {
    const call = sqlCall(operation.operation, await jsonBody(operation, SQL_RULES.callBytes));
    const { function: owner, name: database, signal } = operation;
    return { body: Buffer.from(await this.#databases.run({ owner, database, call, signal })) };
  }
}
