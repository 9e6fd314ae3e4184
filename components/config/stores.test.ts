import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { legalConfig, problemsOf, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

type Raw = Record<string, unknown>;

function configOf(change: (raw: Raw) => void) {
  const raw: Raw = legalConfig();
  change(raw);
  return raw;
}

const told = (raw: Raw) => problemsOf(raw).map(({ key, problem, remedy }) => [key, problem, remedy]);

describe("databases and servers of the stack config", () => {
  it("are sorted by name, with defaults that are safe", () => {
    const raw = configOf((config) => {
      config.postgres = {
        orders: { url: "orders-url" },
        accounts: { url: "a", ca: "ca.pem", tls: "off", connections: 3 },
      };
      config.redis = { sessions: { url: "sessions-url" }, app: { url: "s", prefix: "app:v1:" } };
    });
    const { postgres, redis } = parseFleetConfig(raw, TEST_CONTEXT);
    assert.deepEqual(postgres, [
      { name: "accounts", url: "a", ca: "ca.pem", tls: "off", connections: 3 },
      { name: "orders", url: "orders-url", ca: null, tls: null, connections: 8 },
    ]);
    assert.deepEqual(redis, [
      { name: "app", url: "s", ca: null, tls: null, prefix: "app:v1:" },
      { name: "sessions", url: "sessions-url", ca: null, tls: null, prefix: "sessions:" },
    ]);
  });

  it("are what bindings name", () => {
    const bindings = { PG: { postgres: "order" }, CACHE: { redis: "sessions" }, DB: { sql: "anything" } };
    const raw = configOf((config) => {
      config.postgres = { orders: { url: "orders-url" } };
      config.functions = { api: { bindings } };
    });
    const redis = "edge-fleet:functions.api.bindings.CACHE.redis";
    const postgres = "edge-fleet:functions.api.bindings.PG.postgres";
    assert.deepEqual(told(raw), [
      [redis, "is not one of edge-fleet:redis", "Add edge-fleet:redis.sessions."],
      [
        postgres,
        "is not one of edge-fleet:postgres",
        "Did you mean orders? Use one of: orders. Or add edge-fleet:postgres.order.",
      ],
    ]);
  });

  it("have prefixes that do not begin with each other's where their url is the same", () => {
    const raw = configOf((config) => {
      config.redis = {
        app: { url: "one" },
        "app-v2": { url: "one", prefix: "app:v2:" },
        same: { url: "one", prefix: "app:" },
        open: { url: "one", prefix: "sess" },
        sessions: { url: "one" },
        apart: { url: "two", prefix: "app:v2:" },
        wrong: { url: "two", prefix: "wr*" },
        w: { url: "two", prefix: "w" },
      };
    });
    const remedy = "Give two prefixes neither of which begins with the other, such as their names with a colon.";
    const begins = (prefix: string, name: string) =>
      `begins with ${prefix}, the prefix of edge-fleet:redis.${name} with the same url`;
    assert.deepEqual(
      problemsOf(raw).map(({ key, value, ...rest }) => [key, value, rest]),
      [
        ["edge-fleet:redis.app-v2.prefix", "app:v2:", { problem: begins("app:", "app"), remedy }],
        ["edge-fleet:redis.same.prefix", "app:", { problem: begins("app:", "app"), remedy }],
        ["edge-fleet:redis.sessions.prefix", "sessions:", { problem: begins("sess", "open"), remedy }],
        [
          "edge-fleet:redis.wrong.prefix",
          "wr*",
          { problem: "is not a prefix of keys", remedy: "Use 1 to 64 letters, digits, _ . : and -." },
        ],
      ],
    );
  });

  it("are refused with key and remedy when something is wrong", () => {
    const raw = configOf((config) => {
      config.postgres = {
        Orders: { url: "a" },
        orders: { url: "postgres://u:p@h/d", tls: "on", connections: 0 },
        none: {},
      };
      config.redis = { sessions: { url: "a", prefix: "a*", password: "x" } };
    });
    const problems = told(raw).map(([key, problem]) => `${key} ${problem}`);
    assert.deepEqual(problems, [
      "edge-fleet:postgres.none.url is missing",
      "edge-fleet:postgres.Orders is not the name of what a binding stands for",
      "edge-fleet:postgres.orders.connections is below the floor of 1",
      "edge-fleet:postgres.orders.tls is not a way to use TLS",
      "edge-fleet:postgres.orders.url names no secret",
      "edge-fleet:redis.sessions.password is not a known key",
      "edge-fleet:redis.sessions.prefix is not a prefix of keys",
    ]);
  });
});
