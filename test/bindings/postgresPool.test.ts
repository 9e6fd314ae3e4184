import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import { BindingFault } from "../../runner/broker/bindings/engine.ts";
import { until } from "../../runner/runnerFixture.ts";
import { backends, fails, open, server } from "./postgresFixture.ts";

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
