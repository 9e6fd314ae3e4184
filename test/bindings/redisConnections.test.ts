import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BindingFault } from "../../runner/broker/bindings/engine.ts";
import { redisServer } from "../../runner/broker/redis/settings.ts";
import { until } from "../../runner/runnerFixture.ts";
import type { RedisConfig } from "../../runner/storesConfig.ts";
import { allKeys, fails, open, SESSIONS, server } from "./redisFixture.ts";

describe("the server", () => {
  it("is met anew after it was killed, with what it had acknowledged", async () => {
    const { one } = open({ rules: { retryMs: 0 } });
    await one("SET", "kept", "1");
    server.pause(true);
    const waiting = one("GET", "kept").catch((error: Error) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await server.kill();
    const error = await waiting;
    assert.ok(error instanceof BindingFault);
    assert.equal(error.code, "ERR_BINDING_UNAVAILABLE");
    await fails(
      one("GET", "kept"),
      "ERR_BINDING_UNAVAILABLE",
      /the server sessions cannot be reached \(ECONNREFUSED\)/,
    );
    await server.boot();
    await until("it answers", async () => (await one("GET", "kept").catch(() => null)) === "1");
  });

  it("is believed over TLS when its certificate is", async () => {
    const secrets = { url: server.url({ tls: true }) };
    assert.equal(await open({ config: { ca: "ca" }, secrets }).one("SET", "tls", "1"), "OK");
    await fails(
      open({ secrets }).one("GET", "a"),
      "ERR_BINDING_UNAVAILABLE",
      /cannot be reached \((SELF_SIGNED|UNABLE_TO)/,
    );
    const misnamed = { url: server.url({ tls: true, host: "localhost" }) };
    await fails(
      open({ config: { ca: "ca" }, secrets: misnamed }).one("GET", "a"),
      "ERR_BINDING_UNAVAILABLE",
      /ERR_TLS_CERT_ALTNAME/,
    );
    const plain = { url: server.url({ tls: true }).replace(`${server.tlsPort}`, `${server.port}`) };
    await fails(open({ secrets: plain }).one("GET", "a"), "ERR_BINDING_UNAVAILABLE", /cannot be reached/);
  });

  it("that refuses a command by its own rules is told without its user", async () => {
    const { one, run } = open({ secrets: { url: server.url().replace(/:[^:@/]*@/, "guest:guest@") } });
    assert.equal(await one("GET", "none"), null);
    await assert.rejects(one("SET", "a", "1"), {
      code: "ERR_BINDING_REFUSED",
      message: "the server does not do it (NOPERM)",
    });
    const told = JSON.stringify(
      await run([
        ["GET", "none"],
        ["SET", "a", "1"],
      ]),
    );
    assert.match(told, /NOPERM/);
    assert.doesNotMatch(told, /guest/);
  });

  it("gets a password that was changed, and says nothing of it", async () => {
    const { one, secrets } = open({ rules: { retryMs: 0 }, secrets: { url: server.url({ password: "wrong" }) } });
    await assert.rejects(one("GET", "a"), { message: "the server sessions does not let the node in (WRONGPASS)" });
    secrets.url = server.url().replace(/:[^:@/]*@/, "");
    await assert.rejects(one("GET", "a"), { message: "the server sessions does not let the node in (NOAUTH)" });
    secrets.url = server.url({ database: 3 });
    assert.equal(await one("SET", "in-three", "1"), "OK");
    assert.ok(!(await allKeys()).includes("sessions:in-three"));
    assert.equal(
      await open({ secrets: { url: `unix:${server.dir}/socket` } })
        .one("GET", "a")
        .catch((error) => error.storeCode),
      "NOAUTH",
    );
    await fails(open({ secrets: { url: "" } }).one("GET", "a"), "ERR_BINDING_UNAVAILABLE", /no URL/);
    await fails(open().run([["GET", "a"]], { name: "other" }), "ERR_BINDING_UNAVAILABLE", /edge-fleet:redis\.other/);
  });
});

describe("the URL of a server", () => {
  const parse = (url: string, config: Partial<RedisConfig> = {}) =>
    redisServer({ ...SESSIONS, ...config }, url, undefined);

  it("says where and who; without TLS it is this machine's, or the stack config says so", () => {
    assert.deepEqual(parse("rediss://a%40b:p%2Fw@redis.example.com/2"), {
      host: "redis.example.com",
      port: 6379,
      user: "a@b",
      password: "p/w",
      database: 2,
      tls: true,
      ca: undefined,
    });
    assert.equal(parse("redis://[::1]:99").host, "::1");
    assert.equal(parse("redis://10.0.0.1", { tls: "off" }).tls, false);
    assert.deepEqual(
      [parse("unix:/run/redis.sock?db=1").host, parse("unix:/run/redis.sock?db=1").database],
      ["/run/redis.sock", 1],
    );
    const cases = [
      ["redis://10.0.0.1", /not encrypted; write rediss:/],
      ["http://localhost", /begins with none of/],
      ["redis://:secret@localhost/x", /no number/],
      ["redis://:secret@localhost?db=1", /parameter db/],
      ["sessions", /no URL/],
    ] as const;
    for (const [url, words] of cases) assert.throws(() => parse(url), words);
    assert.throws(() => parse("redis://localhost", { tls: "verify" }), /not encrypted/);
    assert.throws(() => parse("rediss://localhost", { tls: "off" }), /tls: off/);
  });
});
