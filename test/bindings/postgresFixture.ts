/** What tests of PostgreSQL bindings share, their server included. */
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import type { BindingFaultCode } from "../../runner/bindings/faults.ts";
import { BindingFault, type Operation, type OperationResult } from "../../runner/broker/bindings/engine.ts";
import type { PostgresRows } from "../../runner/broker/postgres/connection.ts";
import { PostgresEngine } from "../../runner/broker/postgres/postgresEngine.ts";
import { POSTGRES_RULES, type PostgresRules } from "../../runner/broker/postgres/rules.ts";
import type { PostgresConfig } from "../../runner/storesConfig.ts";
import { PostgresServer } from "./postgresServer.ts";

export const server = new PostgresServer();
const engines: PostgresEngine[] = [];
before(() => server.start());
after(() => server.stop());
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

export const ORDERS: PostgresConfig = { name: "orders", url: "url", ca: null, tls: null, connections: 4 };

export function open(
  options: { config?: Partial<PostgresConfig>; rules?: Partial<PostgresRules>; secrets?: Record<string, string> } = {},
) {
  const secrets: Record<string, string> = { url: server.url(), ca: server.ca, ...options.secrets };
  const secret = async (name: string) => {
    const value = secrets[name];
    if (value === undefined) throw new Error(`no secret ${name}`);
    return value;
  };
  const engine = new PostgresEngine([{ ...ORDERS, ...options.config }], secret, {
    ...POSTGRES_RULES,
    ...options.rules,
  });
  engines.push(engine);
  const run = (given: Partial<Operation>) =>
    engine.run({
      function: "mine",
      owner: "0 1",
      name: "orders",
      operation: "query",
      args: {},
      body: Buffer.from(""),
      bodyBytes: undefined,
      hold: () => {},
      signal: new AbortController().signal,
      ...given,
    });
  const query = async (text: string, params: unknown[] = [], given: Partial<Operation> = {}) => {
    const { body } = await run({ body: Buffer.from(JSON.stringify({ text, params })), ...given });
    return JSON.parse(`${body}`) as PostgresRows;
  };
  const begin = async (given: Partial<Operation> = {}) => {
    const controller = new AbortController();
    const { result, body } = await run({ operation: "begin", signal: controller.signal, ...given });
    const { transaction } = result as { transaction: number };
    const stream = body as Exclude<OperationResult["body"], Buffer | undefined>;
    stream.resume();
    const args = { transaction };
    return {
      stream,
      abort: () => controller.abort(new Error("the request is over")),
      query: (text: string, params: unknown[] = []) => query(text, params, { ...given, args }),
      commit: () => run({ ...given, operation: "commit", args }),
      rollback: () => run({ ...given, operation: "rollback", args }),
    };
  };
  return { engine, secrets, run, query, begin };
}

export function fails(
  promise: Promise<unknown>,
  code: BindingFaultCode,
  words: RegExp,
  storeCode?: string,
): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof BindingFault, `${(error as Error)?.stack}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    if (storeCode !== undefined) assert.equal(error.storeCode, storeCode);
    return true;
  });
}

export function backends(where = "true"): Promise<string> {
  return server.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND ${where}`);
}
