import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "../../runner/runnerProcesses.ts";
import { bundled } from "./apps/bundled.ts";
import { PostgresServer } from "./postgresServer.ts";
import { holdsInMemory } from "./processMemory.ts";
import { writeSecrets } from "./secrets.ts";
import { refusals, tasksCode } from "./tasks.ts";

const ADD = `await tx.query("INSERT INTO t VALUES ($1)", [request.headers.get("x-value")]);`;

const CODE = tasksCode({
  values: `const given = [7, 7n, true, null, undefined, "é\\u{1F600}", new Date(1_000), new Uint8Array([0, 255]), { a: [1] }, [1, null, [2]].flat(), ['a"\\\\b', "c,d", "", null]];
    const { rows, fields, rowCount, command } = await env.PG.query(\`SELECT $1::int AS a, $2::int8 AS b, $3::bool AS c, $4::text AS d, $5::text AS e, $6::text AS f, $7::timestamptz AS g, $8::bytea AS h,
      $9::jsonb AS i, $10::int[] AS j, $11::text[] AS k, '2026-01-02'::date AS l, '2026-01-02 03:04:05.5'::timestamp AS m, 1.50::numeric AS n, 'infinity'::timestamptz AS o, '{{1,2},{3,4}}'::int[] AS p,
      '[0:1]={5,6}'::int[] AS q, array['\\\\x00ff'::bytea] AS r, 1.5::float8 AS s, '10000-01-01'::timestamptz IS NULL AS t\`, given); const [row] = rows;
    return [{ ...row, h: [...row.h], r: row.r.map((b) => [...b]) }, row.g instanceof Date, row.m instanceof Date, fields[0], rowCount, command];`,
  modes: `const lists = await env.PG.query("SELECT 1 AS a, 2 AS a, now() AS n", [], { rowMode: "array", asText: [1184] }); const { rows } = await env.PG.query("SELECT 1 AS a, 2 AS a, 3 AS __proto__");
    return [lists.rows[0].slice(0, 2), typeof lists.rows[0][2], rows[0].a, Object.keys(rows[0]), (await env.PG.query("CREATE TABLE IF NOT EXISTS t (x int)")).rowCount];`,
  commit: `return await env.PG.transaction(async (tx) => { ${ADD} return (await tx.query("SELECT count(*)::int AS n FROM t")).rows[0].n; });`,
  throws: `try { await env.PG.transaction(async (tx) => { ${ADD} throw new RangeError("mine"); }); } catch (e) { return [e.name, e.message]; }`,
  isolation: `return await env.PG.transaction(async (tx) => (await tx.query("SHOW transaction_isolation")).rows[0].transaction_isolation, { isolation: "repeatable read", readOnly: true });`,
  late: `let kept; await env.PG.transaction(async (tx) => { kept = tx; }); try { await kept.query("SELECT 1"); } catch (e) { return [e.code, e.message]; }`,
  left: `await new Promise((begun) => env.PG.transaction(async (tx) => { ${ADD} begun(); await new Promise(() => {}); }).catch(() => {})); return "answered";`,
  stands: `return await env.PG.transaction(async (tx) => { ${ADD} await new Promise(() => {}); });`,
  spins: `return await env.PG.transaction(async (tx) => { ${ADD} for (;;); });`,
  later: `ctx.waitUntil(env.PG.transaction(async (tx) => { await new Promise((r) => setTimeout(r, 50)); ${ADD} })); return "answered";`,
  pid: `return (await env.PG.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;`,
  wrong: refusals(
    'env.PG.query("SELEC")',
    'env.PG.query("SELECT $1::int", ["x"])',
    'env.PG.transaction("x")',
    'env.PG.transaction(async () => {}, { isolation: "none" })',
    'env.PG.query("COMMIT; SELECT 1")',
    'env.PG.query("BEGIN")',
    "env.PG.query(\"SELECT repeat('x', 3000000)\")",
    "env.PG.query(\"COPY t FROM PROGRAM 'id'\")",
    'env.PG.transaction(async (tx) => { try { await tx.query("SELEC"); } catch {} })',
  ),
  escapes: `await env.PG.query("INSERT INTO t VALUES ('x')");`,
  down: `await env.PG.query("SELECT 1"); return "up";`,
  keys: `return [Object.keys(env), String(env.PG), JSON.stringify(env.PG), Object.getOwnPropertyNames(env.PG)];`,
});

const asRootOnLinux = { skip: linuxOnly.skip || (process.getuid?.() === 0 ? false : "reads the memory of others") };

describe("the binding postgres", () => {
  const server = new PostgresServer();
  let runner: TestRunner;
  before(async () => {
    await server.start();
    const orders = { name: "orders", url: "orders-url", ca: "orders-ca", tls: "verify", connections: 4 } as const;
    runner = new TestRunner({ workers: 1, postgres: [orders, { ...orders, name: "single", connections: 1 }] });
    writeSecrets(runner, { "orders-url": server.url(), "orders-ca": server.ca });
    await runner.start();
    const bindings = { PG: { kind: "postgres", name: "orders" } } as const;
    const single = { PG: { kind: "postgres", name: "single" } } as const;
    await runner.deploy({
      orders: { code: CODE, routes: ["/orders"], bindings },
      single: { code: CODE, routes: ["/single"], bindings: single },
      short: { code: CODE, routes: ["/short"], bindings: single, limits: { wallMs: 1_000 } },
      spinning: { code: CODE, routes: ["/spinning"], bindings: single, limits: { wallMs: 30_000, cpuMs: 200 } },
      drizzle: { code: await bundled("drizzlePostgres"), routes: ["/drizzle"], bindings },
      kysely: { code: await bundled("kyselyPostgres"), routes: ["/kysely"], bindings },
    });
    await ask("orders", "modes");
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    await server.stop();
  });
  beforeEach(() => server.sql("TRUNCATE t", "orders"));

  const send = (name: string, task: string, value = "1") =>
    runner.fetch(`/${name}?task=${task}`, { headers: { "x-value": value } });
  const ask = async (name: string, task: string, value = "1") => {
    const { status, body } = await send(name, task, value);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  };
  const count = () => server.sql("SELECT count(*) FROM t", "orders");
  const open = () =>
    server.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state LIKE '%in transaction%'");

  it("takes and gives values by their types", async () => {
    const [row, ...others] = await ask("orders", "values");
    assert.deepEqual(row, {
      a: 7,
      b: "7",
      c: true,
      d: null,
      e: null,
      f: "é\u{1F600}",
      g: "1970-01-01T00:00:01.000Z",
      h: [0, 255],
      i: { a: [1] },
      j: [1, null, 2],
      k: ['a"\\b', "c,d", "", null],
      l: "2026-01-02",
      m: "2026-01-02T03:04:05.500Z",
      n: "1.50",
      o: "infinity",
      p: [
        [1, 2],
        [3, 4],
      ],
      q: [5, 6],
      r: [[0, 255]],
      s: 1.5,
      t: false,
    });
    assert.deepEqual(others, [true, true, { name: "a", type: 23 }, 1, "SELECT"]);
    assert.deepEqual(await ask("orders", "modes"), [[1, 2], "string", 2, ["a", "__proto__"], null]);
  });

  it("commits a transaction that is done, and rolls one back that throws", async () => {
    assert.equal(await ask("orders", "commit"), 1);
    assert.deepEqual(await ask("orders", "throws"), ["RangeError", "mine"]);
    assert.equal(await ask("orders", "isolation"), "repeatable read");
    const [code, message] = await ask("orders", "late");
    assert.equal(code, "ERR_BINDING_INVALID");
    assert.match(message, /^PG\.query: the transaction is over/);
    assert.equal(await ask("orders", "later"), "answered");
    await until("the later one is there", async () => (await count()) === "2");
  });

  it("says what is wrong, with code and the server's own", async () => {
    const refused = (await ask("orders", "wrong")) as [string, string | null, string, string | null][];
    const codes = refused.map(([name, code, , storeCode]) => `${code ?? name} ${storeCode ?? ""}`.trim());
    assert.deepEqual(codes, [
      "ERR_BINDING_FAILED 42601",
      "ERR_BINDING_FAILED 22P02",
      "TypeError",
      "ERR_BINDING_INVALID",
      "ERR_BINDING_FAILED 42601",
      "ERR_BINDING_REFUSED",
      "ERR_BINDING_TOO_LARGE",
      "ERR_BINDING_REFUSED 42501",
      "ERR_BINDING_FAILED 25P02",
    ]);
    const { status, body } = await send("orders", "escapes");
    assert.deepEqual([status, JSON.parse(body).error.code], [500, "ERR_BINDING_FAILED"]);
    assert.doesNotMatch(body, /invalid input/);
  });

  it("rolls back what a request leaves open, and the connection goes back", async () => {
    const pid = await ask("single", "pid");
    assert.equal(await ask("single", "left"), "answered");
    assert.equal(await ask("single", "pid"), pid);
    const { status, body } = await send("short", "stands");
    assert.deepEqual([status, JSON.parse(body).error.code], [504, "ERR_LIMIT_WALL_MS"]);
    assert.equal(await ask("single", "pid"), pid);
    assert.deepEqual([await count(), await open()], ["0", "0"]);
  });

  it("rolls back when the isolate is taken away, or its process killed", linuxOnly, async () => {
    const pid = await ask("single", "pid");
    const { status, body } = await send("spinning", "spins");
    assert.deepEqual([status, JSON.parse(body).error.code], [503, "ERR_LIMIT_CPU_MS"]);
    assert.equal(await ask("single", "pid"), pid);
    const standing = send("orders", "stands");
    await until("it is in its transaction", async () => (await open()) === "1");
    for (const worker of runnerProcesses(runner.process?.pid as number, "worker")) process.kill(worker, "SIGKILL");
    await standing;
    await until("it is rolled back", async () => (await open()) === "0");
    assert.equal(await count(), "0");
    assert.equal(await ask("orders", "commit"), 1);
  });

  it("is used by drizzle and kysely through their adapters", async () => {
    const drizzle = await runner.fetch("/drizzle");
    assert.equal(drizzle.status, 200, drizzle.body);
    const ada = {
      id: 1,
      name: "ada",
      admin: true,
      born: "1815-12-10",
      seen: "2026-01-02T03:04:05.678Z",
      tags: ['a"b', "c,d", "{}"],
      data: { deep: [1, 2] },
    };
    const bob = { id: 2, name: "bob", admin: true, born: null, seen: null, tags: null, data: null };
    const orders = [
      { id: 1, owner: 1, price: "12.5" },
      { id: 2, owner: 1, price: "0.99" },
    ];
    assert.deepEqual(JSON.parse(drizzle.body), {
      added: { id: 1 },
      failed: "23505",
      rolledBack: "DrizzleError",
      all: [bob, ada],
      isDate: true,
      orders: [orders, []],
      sum: "13.49",
      count: 2,
    });
    const kysely = await runner.fetch("/kysely");
    assert.equal(kysely.status, 200, kysely.body);
    assert.deepEqual(JSON.parse(kysely.body), {
      added: [{ id: 1 }, { id: 2 }],
      updated: 1,
      failed: "23505",
      names: ["rex", "tom", "kim", "first"],
      isDate: true,
      heavy: "2",
      columns: ["id", "name", "weight", "born"],
    });
    assert.equal(await open(), "0");
  });

  it("has nothing of its credentials in the isolate", async () => {
    assert.deepEqual(await ask("orders", "keys"), [["PG"], "[object PostgresDatabase]", "{}", []]);
  });

  it("leaves them in the broker: no memory of a worker has them", asRootOnLinux, async () => {
    await ask("orders", "pid");
    const supervisor = runner.process?.pid as number;
    const { password } = new URL(server.url());
    // As a connection that waits in the pool has it, in one of V8's own encodings.
    const kept = (["latin1", "utf16le"] as const).map((encoding) =>
      Buffer.from(decodeURIComponent(password), encoding),
    );
    const [broker] = runnerProcesses(supervisor, "broker");
    assert.equal(holdsInMemory(broker as number, kept), true);
    const workers = runnerProcesses(supervisor, "worker");
    assert.ok(workers.length > 0);
    for (const worker of workers) assert.equal(holdsInMemory(worker, [...kept, Buffer.from(password)]), false);
  });

  it("is typed and counted while the server is away, and heals", async () => {
    await server.kill();
    for (let round = 0; round < 3; round++) {
      const { status, body } = await send("orders", "down");
      assert.deepEqual([status, JSON.parse(body).error.code], [503, "ERR_BINDING_UNAVAILABLE"]);
    }
    await server.boot();
    assert.equal(await ask("orders", "down"), "up");
    const labels = { function: "orders", kind: "postgres", operation: "query", outcome: "ERR_BINDING_UNAVAILABLE" };
    await until(
      "they are counted",
      async () => (await runner.metrics()).sum("edge_runner_binding_operations_total", labels) >= 3,
    );
  });
});
