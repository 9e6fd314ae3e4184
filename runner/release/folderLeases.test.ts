import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { scratchFolder } from "./fixtures.ts";
import { FolderLeases } from "./folderLeases.ts";
import { LEASE_SCHEMA, type Lease } from "./leases.ts";

const LEASE: Lease = {
  schema: LEASE_SCHEMA,
  generation: 1,
  holder: "n1",
  timeMs: 5,
  state: "running",
  attempt: 1,
  beat: 0,
};

describe("leases in a folder", () => {
  it("change only for who has seen the newest one", async (t) => {
    const leases = new FolderLeases(await scratchFolder(t));
    assert.equal(await leases.readLease("job"), null);
    const etag = await leases.compareAndSwapLease("job", null, LEASE);
    assert.ok(etag);
    assert.equal(await leases.compareAndSwapLease("job", null, LEASE), null);
    const next = { ...LEASE, beat: 1 };
    const later = await leases.compareAndSwapLease("job", etag, next);
    assert.equal(await leases.compareAndSwapLease("job", etag, LEASE), null);
    assert.deepEqual(await leases.readLease("job"), { lease: next, etag: later });
    assert.equal(await leases.readLease("other"), null);
  });

  it("are won by one of many who try at once", async (t) => {
    const folder = await scratchFolder(t);
    const swaps = Array.from({ length: 16 }, (_, n) =>
      new FolderLeases(folder).compareAndSwapLease("job", null, { ...LEASE, holder: `n${n}` }),
    );
    assert.equal((await Promise.all(swaps)).filter((etag) => etag !== null).length, 1);
  });

  it("are listed, and removed for who has seen the newest one", async (t) => {
    const folder = await scratchFolder(t);
    const leases = new FolderLeases(join(folder, "leases"));
    assert.deepEqual(await leases.listLeases(), []);
    const etag = (await leases.compareAndSwapLease("job.fleet.1", null, LEASE)) as string;
    await leases.compareAndSwapLease("other", null, LEASE);
    assert.deepEqual((await leases.listLeases()).toSorted(), ["job.fleet.1", "other"]);
    const later = (await leases.compareAndSwapLease("job.fleet.1", etag, { ...LEASE, beat: 1 })) as string;
    assert.equal(await leases.removeLease("job.fleet.1", etag), false);
    assert.equal(await leases.removeLease("job.fleet.1", later), true);
    assert.equal(await leases.removeLease("job.fleet.1", later), false);
    assert.deepEqual(await leases.listLeases(), ["other"]);
    assert.equal(await leases.readLease("job.fleet.1"), null);
  });

  it("are refused when damaged, and by a name that would leave the folder", async (t) => {
    const folder = await scratchFolder(t);
    await mkdir(folder, { recursive: true });
    const leases = new FolderLeases(folder);
    for (const [text, fault] of [
      ["{", /ERR_RELEASE_JSON/],
      [JSON.stringify({ ...LEASE, generation: 0 }), /ERR_RELEASE_SHAPE/],
      [JSON.stringify({ ...LEASE, schema: 2 }), /ERR_RELEASE_SHAPE/],
      ["x".repeat(5_000), /ERR_RELEASE_SIZE/],
    ] as const) {
      await writeFile(join(folder, "job.json"), text);
      await assert.rejects(leases.readLease("job"), ({ code }: { code: string }) => fault.test(code));
    }
    for (const name of ["../job", "", ".hidden", "a/b"]) await assert.rejects(leases.readLease(name), /lease's name/);
  });
});
