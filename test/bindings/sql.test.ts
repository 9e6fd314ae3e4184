import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, processesOf, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { bundled } from "./apps/bundled.ts";
import { refusals, tasksCode } from "./tasks.ts";

const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";

const CODE = tasksCode({
  table: `await env.DB.exec("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT, bytes BLOB); DELETE FROM notes"); return "made";`,
  shape: `const made = await env.DB.prepare("INSERT INTO notes (text, bytes) VALUES (?, ?), (?, ?)").bind("one", new Uint8Array([0, 255]), "two", null).run();
    const select = env.DB.prepare("SELECT id, text, bytes FROM notes WHERE id >= ? ORDER BY id"); const { results, success, meta } = await select.bind(1).all(); const [first] = results;
    return [made.success, made.meta.changes, made.meta.last_row_id, made.results, success, meta.changed_db, results.map((r) => r.text), [...first.bytes], results[1].bytes, await select.bind(2).first(),
      await select.bind(2).first("text"), await select.bind(9).first(), await select.bind(2).raw(), await select.bind(9).raw({ columnNames: true })];`,
  values: `const row = await env.DB.prepare("SELECT ?1 AS a, ?2 AS b, ?3 AS c, ?4 AS d, ?5 AS e, typeof(?2) AS t").bind(null, 7, true, Infinity, new Uint8Array([1, 2, 3, 4]).buffer).first();
    return [row.a, row.b, row.c, row.d === Infinity, [...row.e], row.t, Object.keys(await env.DB.prepare("SELECT 1 AS a, 2 AS a, 3 AS __proto__").first())];`,
  batch: `const add = env.DB.prepare("INSERT INTO notes (id, text) VALUES (?, ?)"); const count = env.DB.prepare("SELECT count(*) AS n FROM notes");
    const before = await count.first("n"); let refused; try { await env.DB.batch([add.bind(5000, "a"), add.bind(5000, "b")]); } catch (e) { refused = [e.name, e.code, e.storeCode]; }
    const [, second] = await env.DB.batch([add.bind(5001, "a"), count]); return [refused, second.results[0].n - before];`,
  exec: `return (await env.DB.exec("SELECT 1; SELECT 2")).count;`,
  wrong: refusals(
    'env.DB.prepare("SELEC").all()',
    "env.DB.prepare(\"ATTACH 'x' AS y\").run()",
    'env.DB.prepare("SELECT ?").bind(undefined)',
    'env.DB.prepare("SELECT ?").bind(1n)',
    'env.DB.prepare("SELECT 1 AS a").first("b")',
    "env.DB.batch([{}])",
    "env.DB.batch(null)",
    'env.DB.prepare("SELECT hex(zeroblob(900000)) UNION ALL SELECT hex(zeroblob(900001))").all()',
    'env.DB.prepare("x".repeat(100_001)).all()',
    'env.DB.prepare("INSERT INTO notes (text) VALUES (?)").bind("x".repeat(5_000_000)).run()',
  ),
  escapes: `await env.DB.prepare("SELEC").all();`,
  large: `await env.DB.prepare("INSERT INTO notes (id, bytes) VALUES (7, ?)").bind(new Uint8Array(1_000_000).fill(7)).run();
    const { bytes } = await env.DB.prepare("SELECT bytes FROM notes WHERE id = 7").first(); return [bytes.length, bytes[999_999]];`,
  endless: `return await env.DB.prepare("${ENDLESS}").first();`,
  put: `await env.DB.prepare("INSERT INTO notes (text) VALUES ('kept')").run(); return "acknowledged";`,
  kept: `return await env.DB.prepare("SELECT count(*) FROM notes WHERE text = 'kept'").first("count(*)");`,
  parallel: `const add = env.DB.prepare("INSERT INTO notes (text) VALUES (?) RETURNING id"); const ids = await Promise.all(Array.from({ length: 100 }, (_, i) => add.bind("p" + i).first("id")));
    return new Set(ids).size;`,
});

const sqlProcesses = ({ config }: TestRunner) => processesOf(join(config.cacheDir, "sql-"));

describe("the binding sql", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const main = { DB: { kind: "sql", name: "main" } } as const;
    await runner.deploy({
      writer: { code: CODE, routes: ["/writer"], bindings: main },
      reader: { code: CODE, routes: ["/reader"], bindings: main },
      apart: { code: CODE, routes: ["/apart"], bindings: { DB: { kind: "sql", name: "apart" } } },
      drizzle: {
        code: await bundled("drizzleSql"),
        routes: ["/drizzle"],
        bindings: { DB: { kind: "sql", name: "drizzle" } },
      },
    });
    await ask("writer", "table");
    await ask("apart", "table");
  });
  after(() => runner[Symbol.asyncDispose]());

  const ask = async (name: string, task: string) => {
    const { status, body } = await runner.fetch(`/${name}?task=${task}`);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };

  it("has D1's statements: bind, first, all, run and raw", async () => {
    const row = { id: 2, text: "two", bytes: null };
    const columns = ["id", "text", "bytes"];
    assert.deepEqual(await ask("writer", "shape"), [
      true,
      2,
      2,
      [],
      true,
      false,
      ["one", "two"],
      [0, 255],
      null,
      row,
      "two",
      null,
      [[2, "two", null]],
      [columns],
    ]);
    assert.deepEqual(await ask("writer", "values"), [null, 7, 1, true, [1, 2, 3, 4], "integer", ["a", "__proto__"]]);
    assert.equal(await ask("writer", "exec"), 2);
    assert.deepEqual(await ask("writer", "large"), [1_000_000, 7]);
    assert.equal(await ask("writer", "parallel"), 100);
  });

  it("does a batch in one transaction", async () => {
    assert.deepEqual(await ask("writer", "batch"), [["BindingError", "ERR_BINDING_FAILED", "SQLITE_CONSTRAINT"], 1]);
  });

  it("says what is wrong, with code and remedy", async () => {
    const refused = (await ask("writer", "wrong")) as [string, string | null, string, string | null][];
    const codes = refused.map(([name, code]) => code ?? name);
    assert.deepEqual(codes, [
      "ERR_BINDING_FAILED",
      "ERR_BINDING_REFUSED",
      "TypeError",
      "TypeError",
      "TypeError",
      "TypeError",
      "TypeError",
      "ERR_BINDING_TOO_LARGE",
      "ERR_BINDING_TOO_LARGE",
      "ERR_BINDING_TOO_LARGE",
    ]);
    assert.match(refused[0]?.[2] ?? "", /^DB\.run: near "SELEC": syntax error/);
    const { status, body } = await runner.fetch("/writer?task=escapes");
    assert.deepEqual([status, JSON.parse(body).error.code], [500, "ERR_BINDING_FAILED"]);
  });

  it("ends an endless statement; other databases go on meanwhile", async () => {
    const endless = runner.fetch("/apart?task=endless");
    await until("it runs", async () => sqlProcesses(runner).length > 0);
    assert.equal(await ask("reader", "exec"), 2);
    const { status, body } = await endless;
    assert.deepEqual([status, JSON.parse(body).error.code], [504, "ERR_BINDING_TIMEOUT"]);
    assert.equal(await ask("apart", "exec"), 2);
    const labels = { function: "apart", kind: "sql", operation: "run", outcome: "ERR_BINDING_TIMEOUT" };
    await until(
      "it is counted",
      async () => (await runner.metrics()).sum("edge_runner_binding_operations_total", labels) === 1,
    );
  });

  it("is used by drizzle as it is", async () => {
    const { status, body } = await runner.fetch("/drizzle");
    assert.equal(status, 200, body);
    const { found, ...others } = JSON.parse(body);
    assert.deepEqual(others, {
      added: [{ id: 1 }, { id: 2 }, { id: 3 }],
      first: { text: "one" },
      deleted: 1,
      left: [{ count: 2 }],
    });
    assert.deepEqual(found, [
      { id: 3, text: "three", score: 9, tags: null, done: false, at: null },
      { id: 2, text: "two", score: 2.5, tags: null, done: true, at: null },
      { id: 1, text: "one", score: 1.5, tags: ["a", "b"], done: false, at: "1970-01-01T00:16:40.000Z" },
    ]);
  });

  it("keeps what was acknowledged when the broker or its processes are killed", linuxOnly, async () => {
    assert.equal(await ask("writer", "put"), "acknowledged");
    for (const pid of sqlProcesses(runner)) process.kill(pid, "SIGKILL");
    await until("the database is there again", async () => (await ask("reader", "kept").catch(() => 0)) === 1);
    assert.equal(await ask("writer", "put"), "acknowledged");
    const endless = runner.fetch("/apart?task=endless");
    await until("it runs", () => sqlProcesses(runner).length > 0);
    const before = sqlProcesses(runner);
    const [broker] = runnerProcesses(runner.process?.pid as number, "broker");
    process.kill(broker as number, "SIGKILL");
    await until("its processes go with it", () => sqlProcesses(runner).every((pid) => !before.includes(pid)));
    await endless;
    await until("the database is there again", async () => (await ask("reader", "kept").catch(() => 0)) === 2);
    assert.deepEqual(
      readdirSync(join(runner.config.stateDir, "bindings/sql"))
        .filter((name) => name.endsWith(".sqlite"))
        .sort(),
      ["apart.sqlite", "drizzle.sqlite", "main.sqlite"],
    );
  });
});
