import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  afterAnswer,
  afterDeath,
  afterOffence,
  atTime,
  GOOD_BEHAVIOUR,
  type Health,
  isProbationOver,
  lifted,
  newHealth,
  PROBATION,
  promoted,
  QUARANTINE_MS,
} from "./functionHealth.ts";

const FRESH = newHealth("probation", false);
const SHARED = newHealth("shared", false);
const die = (health: Health, nowMs: number, weight = 1) => afterDeath(health, { weight, cause: "crash", nowMs });

function answers(health: Health, count: number, everyMs: number, fromMs = 0): Health {
  let next = health;
  for (let index = 0; index < count; index++) next = afterAnswer(next, fromMs + index * everyMs);
  return next;
}

describe("probation", () => {
  it("ends with twenty answers, or thirty seconds after the first one", () => {
    assert.equal(isProbationOver(answers(FRESH, PROBATION.answers - 1, 1), 100), false);
    assert.equal(isProbationOver(answers(FRESH, PROBATION.answers, 1), 100), true);
    assert.equal(isProbationOver(afterAnswer(FRESH, 0), PROBATION.goodMs - 1), false);
    assert.equal(isProbationOver(afterAnswer(FRESH, 0), PROBATION.goodMs), true);
  });

  it("does not end by waiting alone", () => {
    assert.equal(isProbationOver(FRESH, 1e9), false);
  });

  it("begins anew with an offence", () => {
    const offended = afterOffence(answers(FRESH, PROBATION.answers - 1, 1));
    assert.equal(isProbationOver(afterAnswer(offended, 100), 100), false);
  });
});

describe("blame", () => {
  it("of a whole death leads to a private worker", () => {
    assert.equal(die(SHARED, 0).place, "private");
    assert.equal(die(FRESH, 0).place, "private");
  });

  it("of several shared deaths adds up: first to probation, then to a private worker", () => {
    const once = die(SHARED, 0, 1 / 4);
    assert.equal(once.place, "shared");
    const twice = die(once, 1_000, 1 / 4);
    assert.equal(twice.place, "probation");
    assert.equal(die(die(twice, 2_000, 1 / 4), 3_000, 1 / 4).place, "private");
  });

  it("fades", () => {
    const once = die(SHARED, 0, 1 / 2);
    assert.equal(once.place, "probation");
    assert.equal(die(promoted(once), 30 * 60_000, 1 / 4).place, "shared");
  });

  it("is none where nobody did it", () => {
    assert.equal(die(SHARED, 0, 0), SHARED);
  });
});

describe("quarantine", () => {
  const apart = die(SHARED, 0);

  it("comes with the second private worker that it takes down", () => {
    const once = die(apart, 1_000);
    assert.equal(once.place, "private");
    const twice = die(once, 2_000);
    assert.deepEqual([twice.place, twice.untilMs], ["quarantined", 2_000 + QUARANTINE_MS.first]);
    assert.match(twice.reason ?? "", /private worker process \(crash\)/);
  });

  it("doubles with each trial that fails, from ten seconds to ten minutes", () => {
    let health = die(die(apart, 0), 0);
    const lengths: number[] = [];
    let nowMs = 0;
    for (let round = 0; round < 9; round++) {
      lengths.push((health.untilMs as number) - nowMs);
      nowMs = health.untilMs as number;
      assert.equal(atTime(health, nowMs - 1).place, "quarantined");
      const trial = atTime(health, nowMs);
      assert.equal(trial.place, "private");
      health = die(trial, nowMs);
    }
    assert.deepEqual(
      lengths.map((ms) => ms / 1_000),
      [10, 20, 40, 80, 160, 320, 600, 600, 600],
    );
  });

  it("is left by good behaviour: to probation, then to the shared workers, where it is forgotten", () => {
    const trial = atTime(die(die(apart, 0), 0), QUARANTINE_MS.first);
    const everyMs = Math.ceil(GOOD_BEHAVIOUR.goodMs / (GOOD_BEHAVIOUR.answers - 1));
    assert.equal(answers(trial, GOOD_BEHAVIOUR.answers - 1, everyMs).place, "private");
    const back = answers(trial, GOOD_BEHAVIOUR.answers, everyMs);
    assert.equal(back.place, "probation");
    assert.equal(back.quarantines, 1);
    assert.deepEqual([promoted(back).place, promoted(back).quarantines], ["shared", 0]);
  });

  it("is lifted by hand, with all that was laid on the function", () => {
    assert.deepEqual(lifted(die(die(apart, 0), 0)), FRESH);
    assert.deepEqual(lifted(apart), FRESH);
    assert.equal(lifted(SHARED), SHARED);
  });

  it("comes to a function that wants a private worker too, and good behaviour leaves it there", () => {
    const own = newHealth("probation", true);
    assert.equal(own.place, "private");
    const trial = atTime(die(die(own, 0), 0), QUARANTINE_MS.first);
    const back = answers(trial, 200, 1_000);
    assert.deepEqual([back.place, back.quarantines, back.privateDeaths], ["private", 0, 0]);
    assert.equal(lifted(die(die(own, 0), 0)).place, "private");
  });
});

it("always finds its way back, and is quarantined only for deaths in a private worker, whatever happened before", () => {
  const event = fc.record({
    kind: fc.constantFrom("answer", "offence", "death", "part", "nobody", "promote"),
    afterMs: fc.nat(40_000),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, wantsPrivate) => {
      let health = newHealth("probation", wantsPrivate);
      let nowMs = 0;
      for (const { kind, afterMs } of events) {
        nowMs += afterMs;
        health = atTime(health, nowMs);
        const before = health;
        if (kind === "answer") health = afterAnswer(health, nowMs);
        if (kind === "offence") health = afterOffence(health);
        if (kind === "death") health = die(health, nowMs);
        if (kind === "part") health = die(health, nowMs, 1 / 3);
        if (kind === "nobody") health = die(health, nowMs, 0);
        if (kind === "promote" && isProbationOver(health, nowMs)) health = promoted(health);
        if (health.place === "quarantined" && before.place !== "quarantined") {
          assert.equal(before.place, "private");
          assert.ok((health.untilMs as number) - nowMs <= QUARANTINE_MS.longest);
        }
        if (wantsPrivate) assert.ok(health.place === "private" || health.place === "quarantined");
      }
      nowMs += QUARANTINE_MS.longest;
      health = atTime(health, nowMs);
      for (let index = 0; index < 2 * GOOD_BEHAVIOUR.answers && health.place !== "shared"; index++) {
        nowMs += 1_000;
        health = afterAnswer(health, nowMs);
        if (isProbationOver(health, nowMs)) health = promoted(health);
      }
      assert.equal(health.place, wantsPrivate ? "private" : "shared");
      assert.equal(health.quarantines, 0);
    }),
  );
});
