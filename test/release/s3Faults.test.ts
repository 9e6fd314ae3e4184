/** The store in S3 while S3 and the way to it fail: what is told, what is tried again, what stays. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { contentOf, functionOf, publishRelease } from "../../runner/release/fixtures.ts";
import { LEASE_SCHEMA } from "../../runner/release/leases.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { pointer, withCode } from "../../runner/release/storeContract.ts";
import { shortOrLong } from "../runner/longRun.ts";
import type { Fault, ProxiedRequest } from "./faultProxy.ts";
import { mulberry32, s3Fixture } from "./s3Fixture.ts";

const { moto, home, address } = s3Fixture();
const ROUNDS = shortOrLong(50, 200);
const newStore = async () => openStore(address(await moto.bucket()));
beforeEach(() => {
  home.fault = () => null;
  home.aheadMs = 0;
});

/** The fault, for the first requests that fit. */
function first(count: number, fault: Fault, fits: (request: ProxiedRequest) => boolean = () => true) {
  let left = count;
  return (request: ProxiedRequest) => (fits(request) && left-- > 0 ? fault : null);
}

const isPut = ({ method }: ProxiedRequest) => method === "PUT";
const isGet = ({ method }: ProxiedRequest) => method === "GET";
const BUSY: Fault = { kind: "status", status: 503, code: "SlowDown" };
const LEASE = {
  schema: LEASE_SCHEMA,
  generation: 1,
  holder: "n1",
  timeMs: 5,
  state: "running",
  attempt: 1,
  beat: 0,
} as const;

describe("a call to S3 that fails on the way", () => {
  for (const [what, fault] of Object.entries<Fault>({
    "answered 503": BUSY,
    "answered 500": { kind: "status", status: 500, code: "InternalError" },
    "of which the connection ends": { kind: "refused" },
    "of which half of the answer comes": { kind: "cut" },
    "never answered": { kind: "silent" },
  })) {
    test(`${what}: is tried again`, async () => {
      const store = await newStore();
      await store.compareAndSwapCurrent(null, pointer(1));
      home.fault = first(2, fault, isGet);
      assert.deepEqual((await store.readCurrent())?.current, pointer(1));
    });
  }

  test("ends with a typed error when it does not pass, and says where and why", async () => {
    const store = await newStore();
    for (const [fault, message] of [
      [BUSY, /s3:\/\/releases-\d+\/fleet\/a\/current: answered 503 SlowDown/],
      [{ kind: "refused" }, /no answer \(ECONNRESET/],
      [{ kind: "silent" }, /no answer/],
      [{ kind: "status", status: 403, code: "AccessDenied" }, /403 AccessDenied: .*give this role s3:GetObject/],
      [{ kind: "status", status: 301, code: "PermanentRedirect" }, /another region; give the address its region=/],
    ] as const) {
      home.fault = () => fault;
      await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE", message));
    }
  });

  test("is not tried again where that cannot help", async () => {
    const store = await newStore();
    home.fault = () => ({ kind: "status", status: 403, code: "AccessDenied" });
    home.seen.length = 0;
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_STORE"));
    assert.equal(home.seen.length, 1);
  });

  test("works with a clock that is an hour wrong", async () => {
    const aheadMs = 3_600_000;
    home.aheadMs = aheadMs;
    const store = await newStore();
    home.fault = ({ headers }) => {
      const [, date = ""] = /^(.{15})Z$/.exec(String(headers["x-amz-date"])) ?? [];
      const signed = Date.parse(date.replace(/(....)(..)(..)T(..)(..)(..)/, "$1-$2-$3T$4:$5:$6Z"));
      const isSkewed = Math.abs(Date.now() + aheadMs - signed) > 900_000;
      return isSkewed ? { kind: "status", status: 403, code: "RequestTimeTooSkewed" } : null;
    };
    assert.equal((await store.compareAndSwapCurrent(null, pointer(1))).swapped, true);
    home.seen.length = 0;
    await store.readCurrent();
    assert.equal(home.seen.length, 1, "the client has learnt the hour");
  });
});

describe("a write on a condition", () => {
  test("has won although its answer was lost", async () => {
    const store = await newStore();
    home.fault = first(1, { kind: "answerLost" }, isPut);
    const swap = await store.compareAndSwapCurrent(null, pointer(1));
    assert.ok(swap.swapped);
    assert.deepEqual(await store.readCurrent(), { current: pointer(1), etag: swap.etag });
    home.fault = first(1, { kind: "answerLost" }, isPut);
    assert.equal((await store.compareAndSwapCurrent(swap.etag, pointer(2))).swapped, true);
    home.fault = first(1, { kind: "answerLost" }, isPut);
    assert.equal(await store.writeRelease(1, Buffer.from("mine")), true);
    home.fault = first(1, { kind: "answerLost" }, isPut);
    assert.ok(await store.compareAndSwapLease("job", null, LEASE));
  });

  test("has lost to another's although it was tried twice", async () => {
    const bucket = await moto.bucket();
    const [store, rival] = [await openStore(address(bucket)), await openStore(address(bucket))];
    const before = await store.compareAndSwapCurrent(null, pointer(1, 1));
    assert.ok(before.swapped);
    assert.ok((await rival.compareAndSwapCurrent(before.etag, pointer(2, 2))).swapped);
    home.fault = first(1, { kind: "refused" }, isPut);
    const late = await store.compareAndSwapCurrent(before.etag, pointer(2, 3));
    assert.deepEqual(late, { swapped: false, winner: pointer(2, 2) });
    assert.equal(await store.writeRelease(1, Buffer.from("theirs")), true);
    home.fault = first(1, { kind: "refused" }, isPut);
    assert.equal(await store.writeRelease(1, Buffer.from("mine")), false);
  });

  test("has lost when another write is under way", async () => {
    const store = await newStore();
    await store.compareAndSwapCurrent(null, pointer(1));
    const { etag = "" } = (await store.readCurrent()) ?? {};
    home.fault = first(1, { kind: "status", status: 409, code: "ConditionalRequestConflict" }, isPut);
    assert.deepEqual(await store.compareAndSwapCurrent(etag, pointer(2)), { swapped: false, winner: pointer(1) });
    assert.equal((await store.compareAndSwapCurrent(etag, pointer(2))).swapped, true);
  });

  test(`is won by one of two deployers in each of ${ROUNDS} rounds, a tenth of all calls failing`, async (t) => {
    const bucket = await moto.bucket();
    const rivals = [await openStore(address(bucket)), await openStore(address(bucket))] as const;
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const random = mulberry32(seed);
    const faults: Fault[] = [BUSY, { kind: "refused" }, { kind: "answerLost" }];
    let wasFaulty = false;
    // Never two in a row: three attempts are meant to be enough.
    home.fault = () => {
      wasFaulty = !wasFaulty && random() < 0.1;
      return wasFaulty ? (faults[Math.floor(random() * faults.length)] ?? null) : null;
    };
    const etags: (string | null)[] = [null, null];
    for (let round = 1; round <= ROUNDS; round++) {
      const swaps = await Promise.all(
        rivals.map((rival, n) => rival.compareAndSwapCurrent(etags[n] ?? null, pointer(round, n + 1))),
      );
      const won = swaps.flatMap(({ swapped }, n) => (swapped ? [n + 1] : []));
      assert.equal(won.length, 1, `round ${round}`);
      for (const [n, rival] of rivals.entries()) {
        const found = await rival.readCurrent();
        assert.deepEqual(found?.current, pointer(round, won[0]));
        etags[n] = found?.etag ?? null;
      }
    }
  });
});

describe("a deploy to S3", () => {
  test("is whole or not there while calls fail: what the pointer names can always be read", async (t) => {
    const store = await newStore();
    const seed = Date.now() % 2 ** 31;
    t.diagnostic(`seed ${seed}`);
    const random = mulberry32(seed);
    let failed = 0;
    for (let round = 1; round <= 30; round++) {
      home.fault = ({ path }) => (random() < 0.25 && !path.includes("list-type") ? { kind: "refused" } : null);
      await publishRelease(store, contentOf({ a: `${round}`, b: `// ${round}` })).catch(({ code }) => {
        assert.equal(code, "ERR_RELEASE_STORE");
        failed++;
      });
      home.fault = () => null;
      const found = await store.readCurrent();
      if (found === null) continue;
      const { release, sha256 } = found.current;
      const table = JSON.parse((await store.readRelease(release, sha256)).toString());
      for (const { manifest } of table.functions) {
        for (const ref of manifest.modules) assert.equal(await store.hasModule(ref), true);
      }
    }
    t.diagnostic(`${failed} of 30 deploys failed`);
  });

  test("refuses a module whose bytes changed on the way", async () => {
    const store = await newStore();
    const [ref] = functionOf("a", "export default {}").manifest.modules;
    assert.ok(ref);
    await assert.rejects(store.writeModule(ref, Buffer.from("something else")), withCode("ERR_RELEASE_STORE"));
    assert.equal(await store.hasModule(ref), false);
  });
});
