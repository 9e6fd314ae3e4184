import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { recordingCode } from "../../runner/platform/hostileFixture.ts";
import { TestRunner } from "../../runner/runnerFixture.ts";
import { PostgresServer } from "./postgresServer.ts";
import { RedisServer } from "./redisServer.ts";
import { writeSecrets } from "./secrets.ts";

const USES = {
  postgres: {
    use: `const { PG } = env; const errors = []; const params = [1, "x", true, null, new Date(5), new Uint8Array([1, 2]), { a: [1] }, [1, null, [2, 3]].flat(), ['a"b', "c"]];
      const { rows, fields, rowCount } = await PG.query("SELECT $1::int a, $2::text b, $3::bool c, $4::int d, $5::timestamptz e, $6::bytea f, $7::jsonb g, $8::int[] h, $9::text[] i", params);
      const [list] = (await PG.query("SELECT 1 a, now() b", [], { rowMode: "array", asText: [1184] })).rows; const inside = await PG.transaction(async (tx) => (await tx.query("SELECT 2 AS two")).rows, { isolation: "serializable", readOnly: true });
      for (const run of [() => PG.query("SELEC"), () => PG.transaction(1), () => PG.transaction(async () => { throw new RangeError("own"); }), () => PG.transaction(async (tx) => tx.query("COMMIT"))]) try { await run(); } catch (e) { errors.push(e.name + e.message); }
      return [rows, [...rows[0].f], fields.length, rowCount, list[0], typeof list[1], inside, errors];`,
  },
  redis: {
    use: `const { CACHE } = env; const errors = []; await CACHE.delete("a", "n", "b", "h"); const set = await CACHE.set("a", "é", { ttl: 60, ifAbsent: true }); await CACHE.set("b", new Uint8Array([0, 255]));
      const answers = await CACHE.pipeline([["GET", "a"], ["LPUSH", "a", 1], ["HSET", "h", "f", 1n], ["HGETALL", "h"]]); const raw = await CACHE.command("get", "b");
      for (const run of [() => CACHE.command("KEYS", "*"), () => CACHE.command("GET", {}), () => CACHE.pipeline(5)]) try { await run(); } catch (e) { errors.push(e.name + e.message); }
      return [set, await CACHE.get("a"), await CACHE.get("b"), [...raw], answers.map((x) => x instanceof Error ? x.message : x), await CACHE.increment("n", 2), await CACHE.expire("n", 9), errors];`,
  },
};

describe("stores with servers among hostile prototypes", () => {
  const postgres = new PostgresServer();
  const redis = new RedisServer();
  let runner: TestRunner;
  before(async () => {
    await Promise.all([postgres.start(), redis.start()]);
    const stores = { name: "store", ca: null, tls: null } as const;
    runner = new TestRunner({
      workers: 1,
      postgres: [{ ...stores, url: "postgres-url", connections: 2 }],
      redis: [{ ...stores, url: "redis-url", prefix: "store:" }],
    });
    writeSecrets(runner, { "postgres-url": postgres.url(), "redis-url": redis.url() });
    await runner.start();
    await runner.deploy({
      recording: {
        code: recordingCode(USES),
        routes: ["/recording"],
        bindings: { PG: { kind: "postgres", name: "store" }, CACHE: { kind: "redis", name: "store" } },
        limits: { cpuMs: 20_000, wallMs: 30_000 },
      },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    await Promise.all([postgres.stop(), redis.stop()]);
  });

  for (const name of Object.keys(USES)) {
    it(`do the same and show nothing of the host: ${name}`, async () => {
      const { status, body } = await runner.fetch(`/recording?name=${name}`);
      assert.equal(status, 200, body);
      const { plain, hostile, host, recorded } = JSON.parse(body);
      assert.deepEqual(host, []);
      assert.equal(hostile, plain);
      assert.ok(recorded > 3);
    });
  }
});
