import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { DeathReports, type Loss } from "./deathReports.ts";
import { VirtualClock } from "./virtualClock.ts";

const newLoss = (): Loss => ({ suspects: [], calls: [] });

describe("reports of deaths", () => {
  let clock: VirtualClock;
  let judged: [cause: string, loss: Loss][];
  let deaths: DeathReports;
  beforeEach(() => {
    clock = new VirtualClock();
    judged = [];
    deaths = new DeathReports(clock, (cause, loss) => void judged.push([cause, loss]));
  });

  it("are one of two halves, whichever comes first", () => {
    const [first, second] = [newLoss(), newLoss()];
    deaths.lost(0, first);
    deaths.reported(1, "memory");
    deaths.reported(0, "crash");
    deaths.lost(1, second);
    assert.deepEqual(judged, [
      ["crash", first],
      ["memory", second],
    ]);
    assert.equal(clock.pending, 0);
  });

  it("are paired in their order when a slot loses two workers before anybody says why", () => {
    const [first, second] = [newLoss(), newLoss()];
    deaths.lost(0, first);
    deaths.lost(0, second);
    deaths.reported(0, "crash");
    deaths.reported(0, "memory");
    assert.equal(judged.length, 2);
    assert.equal(judged[0]?.[1], first);
    assert.equal(judged[1]?.[1], second);
    assert.deepEqual(
      judged.map(([cause]) => cause),
      ["crash", "memory"],
    );
  });

  it("are judged without a cause when nobody gives one in time", () => {
    const loss = newLoss();
    deaths.lost(0, loss);
    clock.advance(1_000);
    deaths.reported(0, "crash");
    deaths.lost(1, newLoss());
    assert.deepEqual(judged, [["unknown", loss]]);
  });
});
