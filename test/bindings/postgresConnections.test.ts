import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { BindingFault } from "../../runner/broker/bindings/engine.ts";
import { postgresServer } from "../../runner/broker/postgres/settings.ts";
import { until } from "../../runner/runnerFixture.ts";
import type { PostgresConfig } from "../../runner/storesConfig.ts";
import { backends, fails, ORDERS, open, server } from "./postgresFixture.ts";

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
