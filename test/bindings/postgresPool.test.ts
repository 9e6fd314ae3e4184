import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, afterEach, before, describe, it } from "node:test";
import type { BindingFaultCode } from "../../runner/bindings/faults.ts";
import { BindingFault, type Operation, type OperationResult } from "../../runner/broker/bindings/engine.ts";
import type { PostgresRows } from "../../runner/broker/postgres/connection.ts";
import { PostgresEngine } from "../../runner/broker/postgres/postgresEngine.ts";
import { POSTGRES_RULES, type PostgresRules } from "../../runner/broker/postgres/rules.ts";
import { postgresServer } from "../../runner/broker/postgres/settings.ts";
import { until } from "../../runner/runnerFixture.ts";
import type { PostgresConfig } from "../../runner/storesConfig.ts";
import { PostgresServer } from "./postgresServer.ts";

const server = new PostgresServer();
const engines: PostgresEngine[] = [];
before(() => server.start());
after(() => server.stop());
afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
});

const ORDERS: PostgresConfig = { name: "orders", url: "url", ca: null, tls: null, connections: 4 };

function open(
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

function fails(promise: Promise<unknown>, code: BindingFaultCode, words: RegExp, storeCode?: string): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof BindingFault, `${(error as Error)?.stack}`);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    if (storeCode !== undefined) assert.equal(error.storeCode, storeCode);
    return true;
  });
}

function backends(where = "true"): Promise<string> {
  return server.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND ${where}`);
}

describe("statements", () => {
  it("give every value as the server writes it, with its type", async () => {
    const { query } = open();
    const rows = await query(
      "SELECT $1::int AS id, $2::text, $3::bytea, NULL, '{1,2}'::int[], now() IS NOT NULL AS id",
      ["7", "é\u{1F600}", { bytes: "AP8=" }],
    );
    assert.deepEqual(rows, {
      command: "SELECT",
      rowCount: 1,
      fields: [
        ["id", 23],
        ["text", 25],
        ["bytea", 17],
        ["?column?", 25],
        ["int4", 1007],
        ["id", 16],
      ],
      rows: [["7", "é\u{1F600}", "\\x00ff", null, "{1,2}", "t"]],
    });
    await query("CREATE TABLE notes (id serial PRIMARY KEY, text text UNIQUE)");
    assert.equal((await query("INSERT INTO notes (text) VALUES ($1), ($2)", ["a", "b"])).rowCount, 2);
    await query("DROP TABLE notes");
  });

  it("say what the server has against them, with its code, and go on", async () => {
    const { query } = open();
    await fails(query("SELEC 1"), "ERR_BINDING_FAILED", /syntax error/, "42601");
    await fails(query("SELECT $1::int", ["x"]), "ERR_BINDING_FAILED", /invalid input syntax/, "22P02");
    await fails(query("SELECT 1; SELECT 2"), "ERR_BINDING_FAILED", /multiple commands/, "42601");
    await fails(query("SELECT 1\0"), "ERR_BINDING_INVALID", /NUL/);
    await fails(query("SELECT $1", ["a\0b"]), "ERR_BINDING_FAILED", /invalid byte sequence/, "22021");
    await fails(query("SELECT 1", Array(32_768).fill(null)), "ERR_BINDING_TOO_LARGE", /at most 32767 parameters/);
    await fails(query("SELECT 1", [true]), "ERR_BINDING_INVALID", /parameter 1/);
    await fails(query("SELECT 1", [], { body: Buffer.from("{") }), "ERR_BINDING_INVALID", /not JSON/);
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
    assert.deepEqual((await query("")).rows, []);
  });

  it("leave nothing on their connection for the next function", async () => {
    const { query } = open({ config: { connections: 1 } });
    await query("CREATE TABLE IF NOT EXISTS a (x int)");
    const pid = async () => (await query("SELECT pg_backend_pid()")).rows[0]?.[0];
    const before = await pid();
    await query("SET search_path = nowhere");
    await query("SET statement_timeout = 0");
    await query("CREATE TEMP TABLE mine (x int)");
    await query("PREPARE p AS SELECT 1");
    await query("SELECT pg_advisory_lock(1)");
    await query("LISTEN news");
    await fails(query("BEGIN"), "ERR_BINDING_REFUSED", /use transaction\(\)/);
    await query("NOTIFY news");
    assert.deepEqual(
      (await query("SELECT current_setting('search_path'), current_setting('statement_timeout')")).rows,
      [['"$user", public', "10s"]],
    );
    assert.deepEqual((await query("SELECT to_regclass('mine')")).rows, [[null]]);
    assert.deepEqual((await query("SELECT count(*) FROM pg_prepared_statements WHERE name = 'p'")).rows, [["0"]]);
    assert.deepEqual((await query("SELECT count(*) FROM pg_listening_channels()")).rows, [["0"]]);
    assert.equal(await server.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0");
    assert.equal(await pid(), before);
  });
});

describe("limits", () => {
  it("end a statement that runs too long, and one that has switched the server's limit off", async () => {
    const { query } = open({ rules: { statementMs: 2_000, graceMs: 1_000 }, config: { connections: 1 } });
    await fails(query("SELECT pg_sleep(60)"), "ERR_BINDING_TIMEOUT", /statement timeout/, "57014");
    const sneaky =
      "WITH s AS MATERIALIZED (SELECT set_config('statement_timeout', '0', false)) SELECT pg_sleep(60) FROM s";
    await fails(
      query(`DO $$ BEGIN SET statement_timeout = 0; PERFORM pg_sleep(60); END $$`),
      "ERR_BINDING_TIMEOUT",
      /./,
    );
    await fails(query(sneaky), "ERR_BINDING_TIMEOUT", /./);
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
    await until(
      "the server runs none of them",
      async () => (await backends("query LIKE '%pg_sleep%' AND state = 'active'")) === "0",
    );
  });

  it("cut off what is larger than it may be, one row or many", async () => {
    const { query } = open({ config: { connections: 1 } });
    await fails(query("SELECT repeat('x', 10000000)"), "ERR_BINDING_TOO_LARGE", /larger than 2097152 bytes/);
    await fails(query("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)"), "ERR_BINDING_TOO_LARGE", /./);
    await fails(
      query("DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('x', 10000); END LOOP; END $$"),
      "ERR_BINDING_TOO_LARGE",
      /./,
    );
    assert.deepEqual((await query("SELECT length(repeat('x', 10000000))")).rows, [["10000000"]]);
    await until("the server has stopped them", async () => (await backends("state = 'active'")) === "0");
  });

  it("leave other functions their connections, and hold how many calls wait", async () => {
    const { query } = open({ config: { connections: 3 }, rules: { waitMs: 500, waitingPerFunction: 1 } });
    const controller = new AbortController();
    const { signal } = controller;
    const sleeping = [1, 2].map(() => query("SELECT pg_sleep(9)", [], { signal }).catch((error: Error) => error));
    await until("two sleep", async () => (await backends("query LIKE '%pg_sleep%'")) === "2");
    const waits = fails(query("SELECT 1"), "ERR_BINDING_OVERLOADED", /busy for 500 ms: nothing was done/);
    await fails(query("SELECT 1"), "ERR_BINDING_OVERLOADED", /1 calls of the function wait already/);
    assert.deepEqual((await query("SELECT 1", [], { function: "other" })).rows, [["1"]]);
    await waits;
    controller.abort(new Error("given up"));
    await Promise.all(sleeping);
    await until("the server has stopped them", async () => (await backends("query LIKE '%pg_sleep%'")) === "0");
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
  });

  it("refuse COPY to and from the client, and programs", async () => {
    const { query } = open({ config: { connections: 1 } });
    await query("CREATE TABLE IF NOT EXISTS a (x int)");
    await fails(query("COPY a FROM STDIN"), "ERR_BINDING_REFUSED", /COPY/);
    await fails(query("COPY a TO STDOUT"), "ERR_BINDING_REFUSED", /COPY/);
    await fails(query("COPY a FROM PROGRAM 'id'"), "ERR_BINDING_REFUSED", /./, "42501");
    await fails(query("SELECT pg_read_file('/etc/passwd')"), "ERR_BINDING_REFUSED", /./, "42501");
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
  });
});

describe("transactions", () => {
  before(() => server.sql("CREATE TABLE IF NOT EXISTS t (x int); GRANT ALL ON t TO app", "orders"));
  afterEach(() => server.sql("TRUNCATE t", "orders"));
  const count = () => server.sql("SELECT count(*) FROM t", "orders");

  it("commit and roll back as they are told, in their isolation", async () => {
    const { query, begin } = open();
    const first = await begin({ args: { isolation: "serializable", readOnly: false } });
    await first.query("INSERT INTO t VALUES (1)");
    assert.deepEqual((await first.query("SHOW transaction_isolation")).rows, [["serializable"]]);
    assert.deepEqual((await query("SELECT count(*) FROM t")).rows, [["0"]]);
    await first.commit();
    assert.equal(await count(), "1");
    await fails(first.query("SELECT 1"), "ERR_BINDING_INVALID", /over/);
    const second = await begin();
    await second.query("INSERT INTO t VALUES (2)");
    await second.rollback();
    await fails(second.commit(), "ERR_BINDING_INVALID", /over/);
    const third = await begin({ args: { readOnly: true } });
    await fails(third.query("INSERT INTO t VALUES (3)"), "ERR_BINDING_FAILED", /read-only/, "25006");
    await fails(third.commit(), "ERR_BINDING_FAILED", /rolled back/, "25P02");
    assert.equal(await count(), "1");
    await fails(begin({ args: { isolation: "serializable; DROP TABLE t" } }), "ERR_BINDING_INVALID", /isolation is/);
  });

  it("are rolled back when their request ends, and the connection goes back", async () => {
    const { begin, query } = open({ config: { connections: 1 } });
    const pid = (await query("SELECT pg_backend_pid()")).rows[0]?.[0];
    const idle = await begin();
    await idle.query("INSERT INTO t VALUES (1)");
    idle.abort();
    assert.deepEqual((await query("SELECT pg_backend_pid()")).rows, [[pid]]);
    const busy = await begin();
    await busy.query("INSERT INTO t VALUES (1)");
    const sleeping = busy.query("SELECT pg_sleep(60)").catch((error: Error) => error);
    await until("it sleeps", async () => (await backends("query LIKE '%pg_sleep%'")) === "1");
    busy.abort();
    assert.ok((await sleeping) instanceof BindingFault);
    assert.deepEqual((await query("SELECT count(*) FROM t")).rows, [["0"]]);
    await until("the server has stopped it", async () => (await backends("query LIKE '%pg_sleep%'")) === "0");
  });

  it("are rolled back when they stand still or stay open too long", async () => {
    const { begin, query } = open({
      rules: { idleInTransactionMs: 2_000, transactionMs: 3_000 },
      config: { connections: 1 },
    });
    const idle = await begin();
    await idle.query("INSERT INTO t VALUES (1)");
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
    await fails(idle.query("SELECT 1"), "ERR_BINDING_TIMEOUT", /no statement for 2000 ms.*rolled back/);
    await fails(idle.commit(), "ERR_BINDING_TIMEOUT", /rolled back/);
    const long = await begin();
    await long.query("INSERT INTO t VALUES (1)");
    await fails(long.query("SELECT pg_sleep(60)"), "ERR_BINDING_UNAVAILABLE", /lost/);
    await fails(long.commit(), "ERR_BINDING_TIMEOUT", /open for 3000 ms/);
    assert.equal(await count(), "0");
  });

  it("keep their statements in order, and end when a statement ends them", async () => {
    const { begin } = open({ config: { connections: 1 } });
    const transaction = await begin();
    const results = await Promise.all(
      [1, 2, 3].map((x) => transaction.query("INSERT INTO t VALUES ($1) RETURNING x", [`${x}`])),
    );
    assert.deepEqual(
      results.map(({ rows }) => rows[0]?.[0]),
      ["1", "2", "3"],
    );
    await transaction.query("SAVEPOINT a");
    await fails(transaction.query("SELEC"), "ERR_BINDING_FAILED", /syntax/);
    await transaction.query("ROLLBACK TO SAVEPOINT a");
    await fails(transaction.query("COMMIT"), "ERR_BINDING_INVALID", /ended by a statement of its own/);
    await fails(transaction.query("SELECT 1"), "ERR_BINDING_INVALID", /ended by a statement/);
    assert.equal(await count(), "3");
  });

  it("are the worker's and version's own that began them", async () => {
    const { begin, query } = open();
    const transaction = await begin();
    const args = { transaction: 1 };
    await fails(query("SELECT 1", [], { owner: "1 1", args }), "ERR_BINDING_INVALID", /over/);
    await fails(query("SELECT 1", [], { owner: "0 2", args }), "ERR_BINDING_INVALID", /over/);
    await transaction.rollback();
  });
});

describe("the server", () => {
  it("is met anew after it was killed; what was open fails and is typed", async () => {
    const { query, begin } = open();
    const transaction = await begin();
    await transaction.query("SELECT 1");
    const sleeping = query("SELECT pg_sleep(9)").catch((error: Error) => error);
    await until("it sleeps", async () => (await backends("query LIKE '%pg_sleep%'")) === "1");
    await server.kill();
    assert.match(((await sleeping) as Error).message, /lost|shutdown|terminat/);
    await fails(transaction.query("SELECT 1"), "ERR_BINDING_UNAVAILABLE", /./);
    transaction.abort();
    await fails(query("SELECT 1"), "ERR_BINDING_UNAVAILABLE", /the database orders cannot be reached \(ECONNREFUSED\)/);
    await server.boot();
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
  });

  it("is believed over TLS when its certificate is, by name or address", async () => {
    const secure = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    const verified = open({ config: { tls: "verify", ca: "ca" } });
    assert.deepEqual((await verified.query(secure)).rows, [["t"]]);
    await fails(verified.query("SELECT repeat('x', 10000000)"), "ERR_BINDING_TOO_LARGE", /./);
    assert.deepEqual((await open().query(secure)).rows, [["f"]]);
    const stranger = open({ config: { tls: "verify" } });
    await fails(stranger.query(secure), "ERR_BINDING_UNAVAILABLE", /cannot be reached \((SELF_SIGNED|UNABLE_TO)/);
    const misnamed = open({ config: { tls: "verify", ca: "ca" }, secrets: { url: server.url({ host: "localhost" }) } });
    await fails(misnamed.query(secure), "ERR_BINDING_UNAVAILABLE", /ERR_TLS_CERT_ALTNAME_INVALID/);
    const slow = open({ config: { tls: "verify", ca: "ca", connections: 1 }, rules: { statementMs: 60_000 } });
    const controller = new AbortController();
    const sleeping = slow
      .query("SELECT pg_sleep(60)", [], { signal: controller.signal })
      .catch((error: Error) => error);
    await until("it sleeps", async () => (await backends("query LIKE '%pg_sleep%'")) === "1");
    controller.abort(new Error("given up"));
    await sleeping;
    await until("the server has stopped it", async () => (await backends("query LIKE '%pg_sleep%'")) === "0");
  });

  it("gets a password that was changed, and its refusals tell neither user nor address", async () => {
    const { query, secrets, engine } = open({ secrets: { url: server.url({ password: "wrong" }) } });
    await assert.rejects(query("SELECT 1"), (error: BindingFault) => {
      assert.equal(error.message, "the database orders cannot be reached (28P01)");
      return true;
    });
    secrets.url = server.url();
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
    engine.close();
    delete secrets.url;
    await fails(query("SELECT 1"), "ERR_BINDING_UNAVAILABLE", /no credentials on this node/);
    await fails(query("SELECT 1", [], { name: "other" }), "ERR_BINDING_UNAVAILABLE", /edge-fleet:postgres\.other/);
  });

  it("is refused when the role reaches the server's files", async () => {
    await server.sql(`CREATE ROLE reader LOGIN PASSWORD 'x' IN ROLE pg_read_server_files`);
    for (const url of [server.url({ user: "postgres" }), server.url({ user: "reader", password: "x" })]) {
      await fails(
        open({ secrets: { url } }).query("SELECT 1"),
        "ERR_BINDING_UNAVAILABLE",
        /give functions a role without them/,
      );
    }
  });

  it("is refused when the role may give itself one that reaches the server's files", async () => {
    await server.sql(
      `CREATE ROLE maker LOGIN PASSWORD 'x' CREATEROLE; CREATE ROLE heir LOGIN PASSWORD 'x' IN ROLE maker`,
    );
    // From 16 on it gives only what it was given with the right to do so.
    const mayTake = Number(await server.sql("SHOW server_version_num")) < 160_000;
    for (const user of ["maker", "heir"]) {
      const { query } = open({ secrets: { url: server.url({ user, password: "x" }) } });
      if (mayTake) await fails(query("SELECT 1"), "ERR_BINDING_UNAVAILABLE", /the rights of maker/);
      else assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
    }
  });
});

describe("what an isolate may send", () => {
  it("can be anything, and harms nobody", async () => {
    const { run, query } = open({ config: { connections: 1 } });
    const bodies = ["", "null", "[]", "{}", '{"text":1}', '{"text":"SELECT 1"}', '{"text":"SELECT 1","params":[{}]}'];
    for (const body of bodies) await assert.rejects(run({ body: Buffer.from(body) }), BindingFault);
    for (const args of [null, 1, [], { transaction: "1" }, { transaction: {} }]) {
      await assert.rejects(run({ operation: "commit", args }), BindingFault);
    }
    for (let round = 0; round < 20; round++) {
      const text = randomBytes(40).toString("latin1").replaceAll("\0", "");
      await assert.rejects(query(text), BindingFault);
    }
    await fails(query("SELECT 1", [`${"x".repeat(5_000_000)}`]), "ERR_BINDING_TOO_LARGE", /more than 4194304 bytes/);
    assert.deepEqual((await query("SELECT 1")).rows, [["1"]]);
  });
});

describe("the URL of a database", () => {
  const parse = (url: string, config: Partial<PostgresConfig> = {}) =>
    postgresServer({ ...ORDERS, ...config }, url, undefined);

  it("says where, who and what; TLS is verified unless the server is on this machine", () => {
    const server = parse("postgresql://a%40b:p%2Fw@db.example.com/my%20data");
    assert.deepEqual(server, {
      host: "db.example.com",
      port: 5432,
      user: "a@b",
      password: "p/w",
      database: "my data",
      tls: true,
      ca: undefined,
    });
    for (const host of ["127.0.0.9:1", "localhost", "[::1]:99"])
      assert.equal(parse(`postgres://u@${host}/d`).tls, false);
    for (const host of ["10.0.0.1", "127.example.com", "[fd00::1]"])
      assert.equal(parse(`postgres://u@${host}/d`).tls, true);
    assert.equal(parse("postgres://u@localhost/d", { tls: "verify" }).tls, true);
    assert.equal(parse("postgres://u@10.0.0.1/d", { tls: "off" }).tls, false);
    const socket = parse("postgres://u@localhost/d?host=/run/postgresql");
    assert.deepEqual([socket.host, socket.tls], ["/run/postgresql", false]);
  });

  it("is refused with what is wrong, and without the value", () => {
    const cases = [
      ["orders", /no URL/],
      ["mysql://u:secret@h/d", /begin with postgres/],
      ["postgres://u:secret@h/d?sslmode=disable", /parameter sslmode/],
      ["postgres://h/d", /no user/],
      ["postgres://u:secret@h", /no database/],
      ["postgres://u:secret%@h/d", /escape/],
    ] as const;
    for (const [url, words] of cases) {
      assert.throws(
        () => parse(url),
        (error: BindingFault) => {
          assert.match(error.message, words);
          assert.doesNotMatch(error.message, /:secret/);
          return true;
        },
      );
    }
    assert.throws(() => parse("postgres://u@localhost/d?host=/run", { tls: "verify" }), /UNIX socket/);
  });
});
