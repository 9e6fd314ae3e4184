import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { BindingFaultCode } from "../../runner/bindings/faults.ts";
import { BindingFault } from "../../runner/broker/bindings/engine.ts";
import type { SqlCall, SqlResult, SqlValue } from "../../runner/broker/sql/messages.ts";
import { SQL_RULES, type SqlRules } from "../../runner/broker/sql/rules.ts";
import { SqlDatabases } from "../../runner/broker/sql/sqlDatabases.ts";
import { linuxOnly, processesOf, residentMb } from "../../runner/runnerProcesses.ts";

const SCRIPT = fileURLToPath(new URL("../../runner/broker/sql/process.ts", import.meta.url));
const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

const dir = mkdtempSync(join(tmpdir(), "edge-sql-"));
const opened: SqlDatabases[] = [];
let folders = 0;

afterEach(() => {
  for (const databases of opened.splice(0)) databases.close();
});
after(() => rmSync(dir, { recursive: true, force: true }));

function open(rules: Partial<SqlRules> = {}, folder = join(dir, `${++folders}`)) {
  const databases = new SqlDatabases(SCRIPT, folder, { ...SQL_RULES, ...rules });
  opened.push(databases);
  const run = async (call: SqlCall, options: { owner?: string; database?: string; signal?: AbortSignal } = {}) => {
    const request = { owner: "mine", database: "main", signal: new AbortController().signal, ...options };
    const [operation, given] = sent(call);
    const body = Buffer.from(JSON.stringify(given));
    return JSON.parse(`${await databases.run({ ...request, operation, body })}`) as SqlResult[];
  };
  const one = async (sql: string, ...params: SqlValue[]) => {
    const [result] = await run({ kind: "statement", statement: { sql, params } });
    return result as SqlResult;
  };
  const script = (text: string) => run({ kind: "script", text });
  const batch = (...list: [string, ...SqlValue[]][]) =>
    run({ kind: "batch", statements: list.map(([sql, ...params]) => ({ sql, params })) });
  return { databases, folder, run, one, script, batch };
}

/** As an isolate sends it. */
function sent(call: SqlCall): [operation: string, given: unknown] {
  if (call.kind === "statement") return ["run", call.statement];
  return call.kind === "batch" ? ["batch", call.statements] : ["exec", call.text];
}

function fails(promise: Promise<unknown>, code: BindingFaultCode, words: RegExp): Promise<void> {
  return assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof BindingFault, `${error}`);
    assert.equal(error.failure.code, code, error.message);
    assert.match(error.message, words);
    return true;
  });
}

describe("statements", () => {
  it("give rows in order, with the names of their columns, changes and the last row's id", async () => {
    const { one } = open();
    await one("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
    const added = await one("INSERT INTO notes (text) VALUES (?), (?) RETURNING id", "one", "two");
    assert.deepEqual(added, { columns: ["id"], rows: [[1], [2]], changes: 2, lastRowId: 2 });
    const { columns, rows, changes } = await one("SELECT id, text, id FROM notes ORDER BY id DESC");
    assert.deepEqual(
      [columns, rows, changes],
      [
        ["id", "text", "id"],
        [
          [2, "two", 2],
          [1, "one", 1],
        ],
        0,
      ],
    );
  });

  it("keep each kind of value, whole numbers as INTEGER", async () => {
    const { one } = open();
    const values: SqlValue[] = [
      null,
      1,
      1.5,
      "é\u{1F600}",
      { bytes: "AP8=" },
      { real: "Infinity" },
      { real: "-Infinity" },
    ];
    const { rows } = await one(`SELECT ${values.map(() => "?").join(", ")}`, ...values);
    assert.deepEqual(rows, [values]);
    await one("CREATE TABLE texts (text TEXT)");
    await one("INSERT INTO texts VALUES (?)", 7);
    assert.deepEqual((await one("SELECT text, typeof(?) FROM texts", 7)).rows, [["7", "integer"]]);
  });

  it("refuse an integer that a number cannot hold, and name the column and the remedy", async () => {
    const { one } = open();
    await fails(
      one("SELECT 9007199254740993 AS id"),
      "ERR_BINDING_INVALID",
      /9007199254740993 in id .*CAST\(id AS TEXT\)/,
    );
    assert.deepEqual((await one("SELECT CAST(9007199254740993 AS TEXT)")).rows, [["9007199254740993"]]);
  });

  it("say what SQLite has against them, with its code", async () => {
    const { one } = open();
    await one("CREATE TABLE notes (id INTEGER PRIMARY KEY)");
    await one("INSERT INTO notes VALUES (1)");
    await assert.rejects(one("INSERT INTO notes VALUES (1)"), (error: BindingFault) => {
      const { code, storeCode, message } = error.failure;
      assert.deepEqual(
        [code, storeCode, message],
        ["ERR_BINDING_FAILED", "SQLITE_CONSTRAINT", "UNIQUE constraint failed: notes.id"],
      );
      return true;
    });
    await fails(one("SELEC 1"), "ERR_BINDING_FAILED", /near "SELEC": syntax error/);
    await fails(one("SELECT ?", 1, 2), "ERR_BINDING_FAILED", /out of range/);
    await fails(one("SELECT 1; SELECT 2"), "ERR_BINDING_INVALID", /several SQL statements/);
    await fails(one(" -- nothing"), "ERR_BINDING_INVALID", /no SQL statement/);
    await fails(one("SELECT 1\0; DROP TABLE notes"), "ERR_BINDING_INVALID", /NUL/);
    assert.deepEqual((await one("SELECT 1; -- the end\n;")).rows, [[1]]);
  });

  it("follow each other in a script, each its own transaction", async () => {
    const { one, script } = open();
    const results = await script(
      "CREATE TABLE a (x); INSERT INTO a VALUES ('1;2'); -- a ; b\n INSERT INTO a VALUES (2)",
    );
    assert.equal(results.length, 3);
    await fails(
      script("INSERT INTO a VALUES (3); INSERT INTO nowhere VALUES (4)"),
      "ERR_BINDING_FAILED",
      /no such table: nowhere/,
    );
    assert.deepEqual((await one("SELECT count(*) FROM a")).rows, [[3]]);
  });

  it("of a batch are all done or none", async () => {
    const { one, batch } = open();
    await batch(["CREATE TABLE a (x UNIQUE)"], ["INSERT INTO a VALUES (?)", 1]);
    await fails(batch(["INSERT INTO a VALUES (2)"], ["INSERT INTO a VALUES (1)"]), "ERR_BINDING_FAILED", /UNIQUE/);
    await fails(
      batch(["INSERT INTO a VALUES (2)"], ["INSERT OR ROLLBACK INTO a VALUES (1)"]),
      "ERR_BINDING_FAILED",
      /UNIQUE/,
    );
    assert.deepEqual((await one("SELECT x FROM a")).rows, [[1]]);
  });
});

describe("what functions may not do", () => {
  const cases = [
    ["ATTACH 'other.sqlite' AS other"],
    ["DETACH main"],
    ["VACUUM"],
    ["VACUUM INTO 'copy.sqlite'"],
    ["SELECT load_extension('x')"],
    ["SELECT * FROM (SELECT LOAD_EXTENSION('x'))"],
    ["BEGIN"],
    ["COMMIT"],
    ["SAVEPOINT a"],
    ["CREATE TEMP TABLE t (a)"],
    ["CREATE TEMPORARY VIEW v AS SELECT 1"],
    ["PRAGMA journal_mode = DELETE"],
    ["PRAGMA writable_schema = 1"],
    ["PRAGMA max_page_count = 1000000"],
    ["PRAGMA temp_store_directory = '/tmp'"],
    ["SELECT * FROM pragma_database_list"],
    ["CREATE VIRTUAL TABLE t USING fts3tokenize('simple')"],
    ["CREATE VIRTUAL TABLE t USING dbstat(main)"],
    ["EXPLAIN PRAGMA cache_size = 0"],
  ] as const;

  it("is refused, wherever it stands", async () => {
    const { one, script, batch, folder } = open();
    for (const [sql] of cases) {
      await fails(one(sql), "ERR_BINDING_REFUSED", /functions may not do this/);
      await fails(script(`SELECT 1; ${sql}`), "ERR_BINDING_REFUSED", /functions may not do this/);
      await assert.rejects(batch(["SELECT 1"], [sql]), BindingFault);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => !name.startsWith("main.sqlite")),
      [],
    );
  });

  it("does not come in by a view, a trigger or a file's name", async () => {
    const { one, script } = open();
    await script("CREATE TABLE a (x); CREATE VIEW files AS SELECT * FROM pragma_database_list");
    await fails(one("SELECT * FROM files"), "ERR_BINDING_FAILED", /unsafe use of virtual table/);
    await fails(
      script("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT load_extension('x'); END; INSERT INTO a VALUES (1)"),
      "ERR_BINDING_REFUSED",
      /functions may not do this/,
    );
    await fails(one("UPDATE sqlite_master SET sql = 'x'"), "ERR_BINDING_FAILED", /may not be modified/);
  });

  it("leaves what tells of the schema, and full-text search", async () => {
    const { one, script } = open();
    await script(
      "CREATE VIRTUAL TABLE notes USING fts5(text); INSERT INTO notes VALUES ('a quick fox'); PRAGMA user_version = 3",
    );
    assert.deepEqual((await one("SELECT * FROM notes WHERE notes MATCH ?", "fox")).rows, [["a quick fox"]]);
    assert.deepEqual((await one("PRAGMA user_version")).rows, [[3]]);
    assert.equal((await one("SELECT name FROM pragma_table_info('notes')")).rows[0]?.[0], "text");
  });
});

describe("limits", () => {
  it("have no need to count prepared statements: each is let go when it is done", linuxOnly, async () => {
    const { one, folder } = open();
    const round = async (name: string) => {
      for (let turn = 0; turn < 50; turn++) {
        const statements = [...Array(40).keys()].map((n) => `SELECT ${turn} AS ${name}${n}, ?`);
        await Promise.all(statements.map((statement) => one(statement, "x".repeat(10_000))));
      }
    };
    await round("warm");
    const [pid] = processesOf(folder);
    const before = residentMb(pid as number);
    await round("more");
    assert.ok(residentMb(pid as number) < before + 40, `${before} MB, then ${residentMb(pid as number)} MB`);
  });

  it("end an endless statement with its process; what was acknowledged is there, and the next one runs", async () => {
    const { one, batch } = open({ runMs: 3_000 });
    await one("CREATE TABLE a (x)");
    await one("INSERT INTO a VALUES (1)");
    await fails(batch(["INSERT INTO a VALUES (2)"], [ENDLESS]), "ERR_BINDING_TIMEOUT", /ran for 3000 ms/);
    assert.deepEqual((await one("SELECT x FROM a")).rows, [[1]]);
  });

  it("let other functions go on meanwhile, and their own other database", async () => {
    const { run, databases } = open({ runMs: 60_000 });
    const query = (sql: string): SqlCall => ({ kind: "statement", statement: { sql, params: [] } });
    const stuck = run(query(ENDLESS), { database: "a" });
    assert.deepEqual((await run(query("SELECT 1"), { database: "b" }))[0]?.rows, [[1]]);
    assert.deepEqual((await run(query("SELECT 1"), { database: "c", owner: "other" }))[0]?.rows, [[1]]);
    databases.close();
    await fails(stuck, "ERR_BINDING_TOO_LARGE", /./);
  });

  it("hold the wait for a database, its length, and a call that is given up", async () => {
    const { run } = open({ runMs: 60_000, waitMs: 1_500, waitingPerFunction: 2 });
    const query = (sql: string): SqlCall => ({ kind: "statement", statement: { sql, params: [] } });
    await run(query("SELECT 1"));
    const stuck = run(query(ENDLESS)).catch((error: unknown) => error);
    const controller = new AbortController();
    const given = assert.rejects(run(query("SELECT 1"), { signal: controller.signal }), { name: "AbortError" });
    const waits = fails(run(query("SELECT 2")), "ERR_BINDING_OVERLOADED", /busy for 1500 ms: nothing was done/);
    await fails(run(query("SELECT 3")), "ERR_BINDING_OVERLOADED", /2 calls of the function wait already/);
    controller.abort();
    await given;
    await waits;
    opened[0]?.close();
    assert.ok((await stuck) instanceof BindingFault);
  });

  it("hold results, values and statements", async () => {
    const { one, batch } = open();
    const many = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT hex(zeroblob(500)) FROM c";
    await fails(one(many), "ERR_BINDING_TOO_LARGE", /larger than 2097152 bytes: use LIMIT/);
    const half = "SELECT hex(zeroblob(600000))";
    await fails(batch([half], [half]), "ERR_BINDING_TOO_LARGE", /larger than 2097152 bytes/);
    await fails(one("SELECT length(zeroblob(2000001))"), "ERR_BINDING_TOO_LARGE", /SQLITE_TOOBIG|too big/);
    await fails(one(`SELECT ${Array(201).fill("1").join(", ")}`), "ERR_BINDING_FAILED", /too many columns/);
    await fails(one("SELECT printf('%.*c', 100000000, 'x')"), "ERR_BINDING_TOO_LARGE", /./);
  });

  it("hold the size of a database; deleting gives room again", async () => {
    const { one, folder } = open({ databaseBytes: 256 * 1024 });
    await one("CREATE TABLE a (x BLOB)");
    await fails(
      one(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100) INSERT INTO a SELECT randomblob(4000) FROM c",
      ),
      "ERR_BINDING_FULL",
      /as large as it may be/,
    );
    await one(
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 40) INSERT INTO a SELECT randomblob(4000) FROM c",
    );
    await one("DELETE FROM a");
    assert.equal((await one("INSERT INTO a VALUES (randomblob(100000))")).changes, 1);
    assert.ok(statSync(join(folder, "main.sqlite")).size <= 256 * 1024);
  });

  it("hold the memory of a statement", async () => {
    const { one } = open({ processBytes: 160 * 1024 * 1024, runMs: 60_000 });
    const hungry = `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
      SELECT x FROM (SELECT x, randomblob(100000) AS b FROM c) ORDER BY b`;
    await fails(one(hungry), "ERR_BINDING_TOO_LARGE", /memory/);
    assert.deepEqual((await one("SELECT 1")).rows, [[1]]);
  });
});
