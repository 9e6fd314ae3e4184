/** What every release store does, as tests: each store's own test file runs them. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { appendControl, CONTROL_BYTES_MAX, readControlEntry } from "./controlLog.ts";
import type { ReleaseError } from "./errors.ts";
import { contentOf, functionOf, publishRelease } from "./fixtures.ts";
import { LEASE_SCHEMA, type Lease } from "./leases.ts";
import { type ReleaseStore, STORED_KINDS } from "./store.ts";
import { type Ack, CURRENT_SCHEMA, type Current } from "./types.ts";

/** An empty store, and what happens to it from outside. */
export interface StoreUnderTest {
  readonly store: ReleaseStore;
  /** The same store as another process has it. */
  readonly again: () => ReleaseStore;
  /** Puts bytes where the store keeps `name`, such as `releases/1.json`. */
  readonly write: (name: string, bytes: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** A store of the kind whose folder or bucket is not there. */
  readonly away: ReleaseStore;
}

export const pointer = (generation: number, release = 1): Current => ({
  schema: CURRENT_SCHEMA,
  signature: null,
  generation,
  release,
  sha256: "0".repeat(64),
});

const ACK: Ack = {
  node: "n1",
  region: "r",
  generation: 1,
  release: 1,
  at: "now",
  functions: {},
  control: 0,
  refused: null,
};

const LEASE: Lease = {
  schema: LEASE_SCHEMA,
  generation: 1,
  holder: "n1",
  timeMs: 5,
  state: "running",
  attempt: 1,
  beat: 0,
};

export const withCode =
  (code: string, message = /./) =>
  (error: ReleaseError) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };

type Behaviour = (made: StoreUnderTest) => Promise<void>;

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "swaps the pointer only for who has seen the newest one": async ({ store, again }) => {
    assert.equal(await store.readCurrent(), null);
    assert.equal(await store.currentStamp(), null);

    const first = await store.compareAndSwapCurrent(null, pointer(1));
    assert.ok(first.swapped);
    const stamp = await store.currentStamp();
    assert.equal(await store.currentStamp(), stamp, "the stamp stays while the pointer does");
    assert.deepEqual(await store.readCurrent(), { current: pointer(1), etag: first.etag });
    assert.deepEqual(await store.compareAndSwapCurrent(null, pointer(7)), { swapped: false, winner: pointer(1) });

    const second = await again().compareAndSwapCurrent(first.etag, pointer(2));
    assert.ok(second.swapped);
    assert.notEqual(await store.currentStamp(), stamp);
    assert.deepEqual(await store.readCurrent(), { current: pointer(2), etag: second.etag });
    assert.deepEqual(await store.compareAndSwapCurrent(first.etag, pointer(3)), { swapped: false, winner: pointer(2) });
  },

  "gives the pointer to one of many who try at once": async ({ store, again }) => {
    const swaps = Array.from({ length: 8 }, (_, n) => again().compareAndSwapCurrent(null, pointer(1, n + 1)));
    const won = (await Promise.all(swaps)).flatMap(({ swapped }, n) => (swapped ? [n + 1] : []));
    assert.equal(won.length, 1);
    assert.equal((await store.readCurrent())?.current.release, won[0]);
  },

  "gives a release number to one writer only": async ({ store, names }) => {
    assert.equal(await store.newestRelease(), 0);
    const outcomes = await Promise.all(["a", "b", "c"].map((text) => store.writeRelease(1, Buffer.from(text))));
    assert.deepEqual(outcomes.toSorted(), [false, false, true]);
    const winner = ["a", "b", "c"][outcomes.indexOf(true)];
    assert.equal((await store.readRelease(1)).toString(), winner);
    for (const number of [2, 10, 9]) assert.ok(await store.writeRelease(number, Buffer.from("x")));
    assert.equal(await store.newestRelease(), 10);
    assert.deepEqual(await names("releases"), ["1.json", "10.json", "2.json", "9.json"]);
  },

  "says what is missing, damaged or too large": async ({ store, write }) => {
    const { manifest } = functionOf("a", "export default {}");
    await assert.rejects(store.readRelease(5), withCode("ERR_RELEASE_MISSING", /releases\/5\.json.*deploy again/));
    for (const ref of manifest.modules) {
      await assert.rejects(store.readModule(ref), withCode("ERR_RELEASE_MISSING", /modules\/[0-9a-f]{64}/));
    }
    await write("current", '{"schema":1,"gen');
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_JSON", /delete .*current and deploy again/));
    await write("current", "{}");
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_SCHEMA", /current/));
    await write("current", "x".repeat(100_000));
    await assert.rejects(store.readCurrent(), withCode("ERR_RELEASE_SIZE", /100000 bytes/));
    await assert.rejects(store.compareAndSwapCurrent(null, pointer(1)), withCode("ERR_RELEASE_SIZE"));
  },

  "tells a store that is away from one without a release": async ({ away }) => {
    await assert.rejects(away.readCurrent(), withCode("ERR_RELEASE_STORE", /away/));
    await assert.rejects(away.currentStamp(), withCode("ERR_RELEASE_STORE", /away/));
  },

  "knows a whole module from a damaged one, and a deploy repairs it": async ({ store, write }) => {
    const { manifest, bytes } = functionOf("a", "export default {}");
    const [ref] = manifest.modules;
    assert.ok(ref);
    assert.equal(await store.hasModule(ref), false);
    await store.writeModule(ref, bytes);
    await store.writeModule(ref, bytes);
    assert.equal(await store.hasModule(ref), true);
    assert.deepEqual(await store.readModule(ref), bytes);
    for (const damage of ["export default []", "short", "longer than it should be"]) {
      await write(`modules/${ref.sha256}`, damage);
      assert.equal(await store.hasModule(ref), false, damage);
      await store.writeModule(ref, bytes);
      assert.equal(await store.hasModule(ref), true, `${damage}, written anew`);
    }
    await write(`modules/${ref.sha256}`, bytes.toString());
    assert.equal(await store.hasModule(ref), true, "whoever wrote it");
  },

  "takes a module of no bytes": async ({ store }) => {
    const [ref] = functionOf("a", "").manifest.modules;
    assert.ok(ref);
    await store.writeModule(ref, Buffer.alloc(0));
    assert.equal(await store.hasModule(ref), true);
    assert.deepEqual(await store.readModule(ref), Buffer.alloc(0));
  },

  "keeps an ack per node and skips what is no ack": async ({ store, write }) => {
    assert.deepEqual(await store.readAcks(), new Map());
    await store.writeAck(ACK);
    await store.writeAck({ ...ACK, node: "n2", generation: null, release: null });
    await write("acks/n3.json", "{");
    await write("acks/n4.json", JSON.stringify(ACK));
    await write("acks/n5.json", "x".repeat(5_000_000));
    assert.deepEqual([...(await store.readAcks()).keys()].toSorted(), ["n1", "n2"]);
    await store.writeAck({ ...ACK, generation: 2 });
    assert.equal((await store.readAcks()).get("n1")?.generation, 2);
    await store.removeAck("n2");
    await store.removeAck("never-there");
    assert.deepEqual(await store.readAcks(), new Map([["n1", { ...ACK, generation: 2 }]]));
    await assert.rejects(store.writeAck({ ...ACK, node: "../current" }), withCode("ERR_RELEASE_SHAPE"));
  },

  "numbers the control log without gaps, each number for one writer": async ({ store, again }) => {
    assert.equal(await store.newestControl(), 0);
    assert.equal(await store.readControl(1), null);
    const entry = { kind: "lift", function: "a" } as const;
    const who = { by: "a test", signer: null };
    const appended = await Promise.all(Array.from({ length: 5 }, () => appendControl(again(), entry, who)));
    assert.deepEqual(appended.map(({ n }) => n).toSorted(), [1, 2, 3, 4, 5]);
    assert.equal(await store.newestControl(), 5);
    await appendControl(again(), entry, who);
    assert.equal(await store.newestControl(), 6);
    assert.equal(readControlEntry(6, (await store.readControl(6)) as Buffer).n, 6);
    assert.ok(await store.writeControl(7, Buffer.alloc(CONTROL_BYTES_MAX + 1)));
    assert.equal(await store.writeControl(7, Buffer.from("x")), false);
    await assert.rejects(store.readControl(7), withCode("ERR_RELEASE_SIZE"));
    assert.equal(await store.newestControl(), 7);
  },

  "lists what is immutable with its age, and removes it": async ({ store, write }) => {
    assert.deepEqual(await store.listStored("modules"), []);
    await publishRelease(store, contentOf({ a: "1" }));
    await appendControl(store, { kind: "lift", function: "a" }, { by: "a test", signer: null });
    await write("releases/notes.txt", "not a release");
    for (const kind of STORED_KINDS) {
      const [object, ...others] = await store.listStored(kind);
      assert.ok(object !== undefined && others.length === 0, kind);
      assert.match(object.name, kind === "modules" ? /^[0-9a-f]{64}$/ : /^1$/);
      assert.ok(Math.abs(object.ageMs) < 60_000, `${object.ageMs} ms`);
      await store.removeStored(kind, object.name);
      await store.removeStored(kind, object.name);
      assert.deepEqual(await store.listStored(kind), []);
    }
  },

  "publishes a release of several functions, and shares modules between releases": async ({ store, names }) => {
    await publishRelease(store, contentOf({ a: "1", b: "2" }));
    const { current } = await publishRelease(store, contentOf({ a: "1", b: "3" }));
    assert.deepEqual((await store.readCurrent())?.current, current);
    assert.equal((await names("modules")).length, 3);
    assert.equal((await store.readRelease(2, current.sha256)).length, (await store.readRelease(2)).length);
  },

  "changes a lease only for who has seen the newest one": async ({ store, again }) => {
    assert.equal(await store.readLease("job"), null);
    const etag = await store.compareAndSwapLease("job", null, LEASE);
    assert.ok(etag);
    assert.equal(await store.compareAndSwapLease("job", null, LEASE), null);
    const next = { ...LEASE, beat: 1 };
    const later = await again().compareAndSwapLease("job", etag, next);
    assert.equal(await store.compareAndSwapLease("job", etag, LEASE), null);
    assert.deepEqual(await store.readLease("job"), { lease: next, etag: later });
    assert.equal(await store.readLease("other"), null);
  },

  "gives a lease to one of many who try at once": async ({ again }) => {
    const swaps = Array.from({ length: 16 }, (_, n) =>
      again().compareAndSwapLease("job", null, { ...LEASE, holder: `n${n}` }),
    );
    assert.equal((await Promise.all(swaps)).filter((etag) => etag !== null).length, 1);
  },

  "lists leases, and removes one for who has seen the newest one": async ({ store }) => {
    assert.deepEqual(await store.listLeases(), []);
    const etag = (await store.compareAndSwapLease("job.fleet.1", null, LEASE)) as string;
    await store.compareAndSwapLease("other", null, LEASE);
    assert.deepEqual((await store.listLeases()).toSorted(), ["job.fleet.1", "other"]);
    const later = (await store.compareAndSwapLease("job.fleet.1", etag, { ...LEASE, beat: 1 })) as string;
    assert.equal(await store.removeLease("job.fleet.1", etag), false);
    assert.equal(await store.removeLease("job.fleet.1", later), true);
    assert.equal(await store.removeLease("job.fleet.1", later), false);
    assert.deepEqual(await store.listLeases(), ["other"]);
    assert.equal(await store.readLease("job.fleet.1"), null);
  },

  "refuses a damaged lease, and a name that would leave its place": async ({ store, write }) => {
    for (const [text, fault] of [
      ["{", /ERR_RELEASE_JSON/],
      [JSON.stringify({ ...LEASE, generation: 0 }), /ERR_RELEASE_SHAPE/],
      [JSON.stringify({ ...LEASE, schema: 2 }), /ERR_RELEASE_SHAPE/],
      ["x".repeat(5_000), /ERR_RELEASE_SIZE/],
    ] as const) {
      await write("leases/job.json", text);
      await assert.rejects(store.readLease("job"), ({ code }: { code: string }) => fault.test(code));
    }
    for (const name of ["../job", "", ".hidden", "a/b"]) await assert.rejects(store.readLease(name), /lease's name/);
  },
};

/** Declares a test per behaviour, each with a store of its own. */
export function describeStore(name: string, make: (t: TestContext) => Promise<StoreUnderTest>): void {
  describe(name, () => {
    for (const [title, behaviour] of Object.entries(BEHAVIOURS)) {
      test(title, async (t) => behaviour(await make(t)));
    }
  });
}
