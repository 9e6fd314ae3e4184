import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { REDIS_COMMANDS } from "../../runner/bindings/redisCommands.ts";
import { type Arg, allKeys, clear, everything, fails, open, server } from "./redisFixture.ts";

describe("commands", () => {
  before(clear);

  it("are answered in order, what is wrong with one beside the others' answers", async () => {
    const { run } = open();
    const answers = await run([
      ["SET", "a", "é\u{1F600}", "EX", "100"],
      ["get", "a"],
      ["GET", "nothing"],
      ["INCRBY", "n", 5],
      ["LPUSH", "a", "x"],
      ["HSET", "h", "f", "1", "g", "2"],
      ["HGETALL", "h"],
      ["SET", "b", { bytes: "AP8=" }],
      ["GET", "b"],
    ]);
    const wrong = {
      code: "ERR_BINDING_FAILED",
      message: "WRONGTYPE Operation against a key holding the wrong kind of value",
      storeCode: "WRONGTYPE",
      remedy: "Correct what the store is asked for.",
    };
    assert.deepEqual(answers, [
      "OK",
      "é\u{1F600}",
      null,
      5,
      { failure: wrong },
      2,
      ["f", "1", "g", "2"],
      "OK",
      { bytes: "AP8=" },
    ]);
    await fails(run([["LPUSH", "a", "x"]]), "ERR_BINDING_FAILED", /WRONGTYPE/);
    await fails(run([["GET"]]), "ERR_BINDING_FAILED", /wrong number of arguments/);
  });

  it("of many calls at once share one connection, and each gets its own answers", async () => {
    const { one } = open();
    const calls = Array.from({ length: 500 }, (_, index) => one("SETEX", `many-${index}`, 60, `${index}`));
    await Promise.all(calls);
    const found = await Promise.all(Array.from({ length: 500 }, (_, index) => one("GET", `many-${index}`)));
    assert.deepEqual(
      found,
      Array.from({ length: 500 }, (_, index) => `${index}`),
    );
  });
});

describe("the prefix", () => {
  before(clear);

  it("is before every key of every command, whatever the keys are", async () => {
    const { run, one } = open();
    await everything().run([["MSET", "other:a", "theirs", "a", "theirs", "sessions", "theirs"]]);
    await run([
      ["MSET", "a", "1", "b", "2"],
      ["RENAME", "b", "c"],
      ["SADD", "s", "x", "y"],
      ["SINTERSTORE", "s2", "s", "s"],
      ["ZADD", "z", 1, "m"],
      ["ZRANGESTORE", "z2", "z", 0, -1],
      ["RPUSH", "l", "1"],
      ["LMOVE", "l", "l2", "LEFT", "RIGHT"],
      ["PFADD", "p", "x"],
      ["PFMERGE", "p2", "p"],
      ["SET", "", "empty"],
      ["SET", "../other:a", "1"],
      ["SET", "\r\nDEL other:a\r\n", "1"],
      ["SET", { bytes: "AP8NCg==" }, "binary"],
    ]);
    assert.deepEqual(await one("MGET", "a", "c", "", "other:a"), ["1", "2", "empty", null]);
    assert.equal(await one("SINTERCARD", 2, "s", "s2", "LIMIT", 1), 1);
    assert.equal(await one("DEL", "other:a", "sessions", "a"), 1);
    const keys = await allKeys();
    const theirs = keys.filter((key) => typeof key === "string" && !key.startsWith("sessions:"));
    assert.deepEqual(theirs, ["a", "other:a", "sessions"]);
    assert.equal(keys.length, 3 + 12);
  });

  it("is before what SCAN looks for, and off what it finds", async () => {
    const { one } = open();
    await clear();
    await everything().run([["MSET", "other:1", "x", "sessions-1", "x"]]);
    await one("MSET", "user:1", "x", "user:2", "x", "[a]*", "x");
    const scan = async (...options: Arg[]) => {
      const [cursor, keys] = (await one("SCAN", 0, "COUNT", 1000, ...options)) as [string, string[]];
      assert.equal(cursor, "0");
      return keys.sort();
    };
    assert.deepEqual(await scan(), ["[a]*", "user:1", "user:2"]);
    assert.deepEqual(await scan("MATCH", "user:*"), ["user:1", "user:2"]);
    assert.deepEqual(await scan("MATCH", "*other*"), []);
    assert.deepEqual(await scan("MATCH", "\\[a\\]\\*", "TYPE", "string"), ["[a]*"]);
    for (const options of [
      ["MATCH", "a", "MATCH", "*"],
      ["COUNT", "5000"],
      ["COUNT", "-1"],
      ["match"],
      ["LIMIT", "1"],
    ]) {
      await fails(one("SCAN", "0", ...options), "ERR_BINDING_INVALID", /SCAN/);
    }
    await fails(one("SCAN", "x"), "ERR_BINDING_INVALID", /cursor/);
  });

  it("cannot be left by the number of keys", async () => {
    const { one } = open();
    for (const count of ["0", "-1", "1e9", "x", ""]) {
      await fails(one("SINTERCARD", count, "other:a"), "ERR_BINDING_INVALID", /number of its keys/);
    }
  });
});

describe("what functions may not ask for", () => {
  const commands =
    `KEYS *,FLUSHALL,FLUSHDB,EVAL return 0,EVALSHA x 0,SCRIPT LOAD x,FUNCTION LIST,FCALL f 0,SUBSCRIBE a,PSUBSCRIBE *,PUBLISH a b,MONITOR,
    CONFIG GET *,SELECT 1,SWAPDB 0 1,MOVE a 1,COPY a b,MULTI,EXEC,WATCH a,AUTH x,HELLO 3,CLIENT LIST,CLIENT REPLY OFF,RESET,QUIT,SHUTDOWN,DEBUG SLEEP 1,
    SORT a BY x,SORT_RO a GET *,RANDOMKEY,DBSIZE,BLPOP a 0,BLMOVE a b LEFT LEFT 0,XREAD BLOCK 0 STREAMS a 0,WAIT 1 0,OBJECT HELP,DUMP a,RESTORE a 0 x,
    MIGRATE,SAVE,BGSAVE,SLAVEOF a 1,REPLICAOF a 1,CLUSTER INFO,INFO,LATENCY DOCTOR,SLOWLOG GET,MODULE LIST,ACL LIST,COMMAND,SETRANGE a 1 x,SETBIT a 1 1,
    BITFIELD a GET u8 0,GEORADIUS a 1 1 1 m STORE b,ZUNIONSTORE a 1 b,LMPOP 1 a LEFT,MEMORY USAGE a,PING,ECHO a,FAILOVER,SYNC,PSYNC,ASKING`
      .split(",")
      .map((text) => text.trim().split(" "));

  it("is refused before the server hears of it", async () => {
    const { one, run } = open();
    for (const command of commands) {
      await fails(one(...command), "ERR_BINDING_REFUSED", /not a command that functions may use/);
      await fails(run([["SET", "refused", "1"], command]), "ERR_BINDING_REFUSED", /not a command/);
    }
    assert.equal(await one("GET", "refused"), null);
    for (const name of ["GET\r\nFLUSHALL", "GET ", " GET", "", "constructor", "__proto__"]) {
      await fails(one(name, "a"), "ERR_BINDING_REFUSED", /not a command/);
    }
  });

  it("is changed by nothing that reads", async () => {
    const { run } = open();
    for (const [name, { writes }] of REDIS_COMMANDS) {
      if (writes)
        await fails(run([[name, "1", "2"]], { operation: "read" }), "ERR_BINDING_INVALID", /changes something/);
    }
  });

  it("is whatever is no list of commands", async () => {
    const { run } = open();
    for (const given of [
      null,
      [],
      {},
      [[]],
      [[1]],
      ["GET a"],
      [["GET", {}]],
      [["GET", null]],
      [["GET", { bytes: "%" }]],
    ]) {
      await fails(run(given), "ERR_BINDING_INVALID", /./);
    }
    await fails(run(Array(1_001).fill(["GET", "a"])), "ERR_BINDING_TOO_LARGE", /1001 commands/);
    await fails(run([["MGET", ...Array(10_000).fill("a")]]), "ERR_BINDING_TOO_LARGE", /10001 arguments/);
    const many = Array.from({ length: 1_000 }, () => ["DEL", ...Array(20).fill("a")]);
    await fails(run(many), "ERR_BINDING_TOO_LARGE", /21000 arguments of all commands, the most is 20000/);
    await fails(run([["GET", "k".repeat(1_025)]]), "ERR_BINDING_TOO_LARGE", /1025 bytes, the most is 1024/);
    await fails(run([["SET", "a", "x".repeat(1_048_577)]]), "ERR_BINDING_TOO_LARGE", /argument 2 has 1048577 bytes/);
  });
});

describe("answers", () => {
  before(clear);

  it("that would be large however little there is are not asked for", async () => {
    const { one, run } = open();
    await run([
      ["SADD", "s", "x"],
      ["HSET", "h", "x", "y"],
      ["ZADD", "z", 1, "x"],
    ]);
    const random = [
      ["SRANDMEMBER", "s"],
      ["HRANDFIELD", "h"],
      ["ZRANDMEMBER", "z"],
    ] as const;
    for (const [name, key] of random) {
      assert.deepEqual(await one(name, key), "x");
      assert.deepEqual(await one(name, key, 5_000), ["x"]);
      assert.deepEqual(await one(name, key, "-1000"), Array(1_000).fill("x"));
      for (const count of ["-1001", -100_000_000, "-9223372036854775807"]) {
        await fails(one(name, key, count), "ERR_BINDING_TOO_LARGE", /members with repetition, the most is 1000/);
      }
      await fails(one(name, key, "many"), "ERR_BINDING_FAILED", /not an integer/);
    }
    const halves = random.map(([name, key]) => [name, key, -600]);
    await fails(run(halves), "ERR_BINDING_TOO_LARGE", /1200 members with repetition/);

    const keys = Array(1_001).fill("s");
    const pairs = keys.flatMap((key) => [key, "1"]);
    for (const command of [
      ["MGET", ...keys],
      ["DEL", ...keys],
      ["MSET", ...pairs],
      ["SINTERCARD", "1001", ...keys],
    ]) {
      await fails(one(...command), "ERR_BINDING_TOO_LARGE", /1001 keys in one [A-Z]+, the most is 1000/);
    }
    await fails(one("HMGET", "h", ...keys), "ERR_BINDING_TOO_LARGE", /1001 fields in one HMGET, the most is 1000/);
    assert.deepEqual(await one("HMGET", "h", ...Array(1_000).fill("x")), Array(1_000).fill("y"));
    assert.equal(await one("EXISTS", ...keys.slice(1)), 1_000);
  });

  it("that are too large are not held, and the connection goes on", async () => {
    const { one, run } = open();
    await one("SET", "large", "x".repeat(1_000_000));
    for (let round = 0; round < 3; round++) await one("APPEND", "large", "x".repeat(1_000_000));
    await fails(one("GET", "large"), "ERR_BINDING_TOO_LARGE", /larger than 2097152 bytes/);
    assert.equal(await one("GETRANGE", "large", 0, 3), "xxxx");
    await one("SET", "half", "x".repeat(900_000));
    const [first, second, third, length] = (await run([
      ["GET", "half"],
      ["GET", "half"],
      ["GET", "half"],
      ["STRLEN", "half"],
    ])) as [string, string, { failure: { code: string } }, unknown];
    assert.deepEqual([first.length, second.length, third.failure.code], [900_000, 900_000, "ERR_BINDING_TOO_LARGE"]);
    assert.notEqual(length, undefined);
    for (let round = 0; round < 4; round++) await one("RPUSH", "list", ...Array(9_000).fill("0123456789".repeat(10)));
    await fails(one("LRANGE", "list", 0, -1), "ERR_BINDING_TOO_LARGE", /./);
    assert.equal(await one("LLEN", "list"), 36_000);
  });

  it("that do not come are not waited for", async () => {
    const { one } = open({ rules: { answerMs: 2_000 } });
    await one("SET", "a", "1");
    server.pause(true);
    try {
      const calls = [one("GET", "a"), one("SET", "a", "2")];
      await fails(calls[0] as Promise<unknown>, "ERR_BINDING_TIMEOUT", /no answer for 2000 ms/);
      await fails(calls[1] as Promise<unknown>, "ERR_BINDING_TIMEOUT", /may have been done/);
    } finally {
      server.pause(false);
    }
    assert.notEqual(await one("GET", "a"), null);
  });

  it("are not asked for beyond what may be under way", async () => {
    const { one } = open({ rules: { pendingBytes: 100_000 } });
    await one("SET", "a", "1");
    server.pause(true);
    const first = one("SET", "a", "x".repeat(90_000));
    await new Promise((resolve) => setImmediate(resolve));
    await fails(one("SET", "a", "x".repeat(90_000)), "ERR_BINDING_OVERLOADED", /nothing was done/);
    server.pause(false);
    assert.equal(await first, "OK");
  });
});
