/** What tests of Redis bindings share, their server included. */
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import type { BindingFaultCode } from "../../runner/bindings/faults.ts";
import { BindingFault, type Operation } from "../../runner/broker/bindings/engine.ts";
import { RedisEngine } from "../../runner/broker/redis/redisEngine.ts";
import { REDIS_RULES, type RedisRules } from "../../runner/broker/redis/rules.ts";
import type { RedisConfig } from "../../runner/storesConfig.ts";
import { RedisServer } from "./redisServer.ts";

export const server = new RedisServer();
const engines: RedisEngine[] = [];
before(() => server.start());
after(() => server.stop());
afterEach(async () => {
  for (const engine of engines.splice(0)) engine.close();
});

export const SESSIONS: RedisConfig = { name: "sessions", url: "url", ca: null, tls: null, prefix: "sessions:" };
export type Arg = string | number | { readonly bytes: string };

export function open(
  options: { config?: Partial<RedisConfig>; rules?: Partial<RedisRules>; secrets?: Record<string, string> } = {},
) {
  const secrets: Record<string, string> = { url: server.url(), ca: server.ca, ...options.secrets };
  const secret = async (name: string) => {
    const value = secrets[name];
    if (value === undefined) throw new Error(`no secret ${name}`);
    return value;
  };
  const rules = { ...REDIS_RULES, ...options.rules };
  const engine = new RedisEngine([{ ...SESSIONS, ...options.config }], secret, rules);
  engines.push(engine);
  const run = async (commands: unknown, given: Partial<Operation> = {}) => {
    const { body } = await engine.run({
      function: "mine",
      owner: "0 1",
      name: "sessions",
      operation: "write",
      args: {},
      body: Buffer.from(JSON.stringify(commands)),
      bodyBytes: undefined,
      hold: () => {},
      signal: new AbortController().signal,
      ...given,
    });
    return JSON.parse(`${body}`) as unknown[];
  };
  const one = async (...command: Arg[]) => (await run([command]))[0];
  return { engine, secrets, run, one };
}

/** Sees every key of the server. */
export const everything = () => open({ config: { prefix: "" } });

export function fails(promise: Promise<unknown>, code: BindingFaultCode, words: RegExp): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof BindingFault, `${(error as Error)?.stack}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}

export async function allKeys(): Promise<string[]> {
  const { one } = everything();
  const keys: string[] = [];
  for (let cursor = "0"; ; ) {
    const [next, found] = (await one("SCAN", cursor, "COUNT", "1000")) as [string, string[]];
    keys.push(...found);
    cursor = next;
    if (cursor === "0") return keys.sort();
  }
}

export async function clear(): Promise<void> {
  const keys = await allKeys();
  if (keys.length > 0) await everything().one("DEL", ...keys);
}
