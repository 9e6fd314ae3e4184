import type { BindingEngine, Operation, OperationResult } from "../bindings/engine.ts";
import { wholeBody } from "../bindings/wholeBody.ts";
import { SQL_RULES } from "./rules.ts";
import type { SqlDatabases } from "./sqlDatabases.ts";

/** Bindings of SQLite databases. What functions send and get is read where it is worked on, and only passes here. */
export class SqlEngine implements BindingEngine {
  readonly #databases: Pick<SqlDatabases, "run">;

  constructor(databases: Pick<SqlDatabases, "run">) {
    this.#databases = databases;
  }

  async run(given: Operation): Promise<OperationResult> {
    const { function: owner, name: database, operation, signal } = given;
    const body = await wholeBody(given, SQL_RULES.callBytes);
    return { body: await this.#databases.run({ owner, database, operation, body, signal }) };
  }
}
