import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LEASE_SCHEMA, type Lease } from "../../release/leases.ts";
import type { Schedule } from "../../schedules/schedule.ts";
import { leaseName } from "./leaseName.ts";
import { KEPT_MS, SWEEP_MS } from "./oldLeases.ts";
import { EACH_MINUTE, fleet, NOON, scheduled } from "./schedulerFixture.ts";

const YEARLY = "0 0 1 1 *";
const AT: Omit<Lease, "timeMs"> = {
  ...{ schema: LEASE_SCHEMA, generation: 7, holder: "gone", state: "over", attempt: 1, beat: 0 },
};

describe("leases of schedules that are gone", () => {
  it("go a month after their newest time, on any node's word, and those of the release stay", async (t) => {
    const { node, pass, store } = await fleet(t);
    const schedules: Schedule[] = [
      { cron: YEARLY, scope: "fleet" },
      { cron: YEARLY, scope: "region" },
    ];
    const lease = (name: string, schedule: Schedule, region = "r") => leaseName(name, schedule, { node: "a", region });
    const [fleetWide, regional] = schedules as [Schedule, Schedule];
    const kept = [lease("job", fleetWide), lease("job", regional), lease("job", regional, "far.away")];
    const recent = lease("deleted", EACH_MINUTE);
    const old = [lease("deleted", fleetWide), lease("deleted", regional, "far.away"), lease("job", EACH_MINUTE)];
    for (const name of [...kept, ...old]) await store.compareAndSwapLease(name, null, { ...AT, timeMs: 0 });
    await store.compareAndSwapLease(recent, null, { ...AT, timeMs: NOON + 1_000 - KEPT_MS + 1 });
    const a = await node("a", { schedules });
    await a.tick();
    assert.deepEqual((await store.listLeases()).toSorted(), [...kept, recent].toSorted());
    assert.ok(a.lines.some((line) => line.includes("are removed")));
    pass(SWEEP_MS - 1);
    await a.tick();
    assert.ok((await store.listLeases()).includes(recent));
    pass(1);
    await a.tick();
    assert.deepEqual((await store.listLeases()).toSorted(), kept.toSorted());
  });

  it("stay while the store does not answer, until the next look", async (t) => {
    const { node, store, pass } = await fleet(t);
    const gone = leaseName("deleted", EACH_MINUTE, { node: "a", region: "r" });
    await store.compareAndSwapLease(gone, null, { ...AT, timeMs: 0 });
    const a = await node("a");
    a.scheduler.serve(scheduled());
    const list = store.listLeases;
    store.listLeases = () => Promise.reject(new Error("no answer"));
    await a.tick();
    assert.ok(a.lines.some((line) => line.includes("could not be removed")));
    store.listLeases = list;
    await a.tick();
    assert.deepEqual(await store.listLeases(), [gone]);
    pass(SWEEP_MS);
    await a.tick();
    assert.deepEqual(await store.listLeases(), []);
  });
});
