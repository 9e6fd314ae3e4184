import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { CronTimes, cronFault } from "./cron.ts";

const at = (text: string) => Date.parse(`${text}Z`);

describe("a cron expression", () => {
  it("has a newest and a next time, in UTC", () => {
    const times = new CronTimes("*/5 * * * *");
    assert.equal(times.latest(at("2026-03-01T12:04:59.999")), at("2026-03-01T12:00"));
    assert.equal(times.latest(at("2026-03-01T12:05")), at("2026-03-01T12:05"));
    assert.equal(times.latest(at("2026-03-01T12:05:00.001")), at("2026-03-01T12:05"));
    assert.equal(times.next(at("2026-03-01T12:05")), at("2026-03-01T12:10"));
    assert.equal(new CronTimes("30 2 * * SUN").latest(at("2026-03-30T00:00")), at("2026-03-29T02:30"));
  });

  it("has the same order of times from either side", () => {
    const times = new CronTimes("7,13 */3 1-28 * *");
    fc.assert(
      fc.property(fc.integer({ min: at("2026-01-01"), max: at("2030-01-01") }), (nowMs) => {
        const latest = times.latest(nowMs) as number;
        const next = times.next(nowMs) as number;
        assert.ok(latest <= nowMs && nowMs < next);
        assert.equal(times.next(latest), next);
        assert.equal(times.latest(next), next);
      }),
      { numRuns: 50 },
    );
  });

  it("counts the times between two, up to a most", () => {
    const times = new CronTimes("* * * * *");
    const [from, to] = [at("2026-01-01T00:00"), at("2026-01-01T01:00")];
    assert.deepEqual(
      [times.countBetween(from, to, 100), times.countBetween(from, to, 10), times.countBetween(to, from, 10)],
      [59, 10, 0],
    );
  });

  for (const [expression, fault] of [
    ["* * * *", /five fields/],
    ["* * * * * *", /five fields/],
    ["@daily", /five fields/],
    ["61 * * * *", /cannot be read: .*minute: 61/],
    ["0 0 31 2 *", /never comes/],
  ] as const) {
    it(`is refused: ${expression}`, () => assert.match(String(cronFault(expression)), fault));
  }

  it("is taken with steps, lists, ranges and names", () => {
    for (const expression of ["*/5 * * * *", "0 8-18/2 * * MON-FRI", "0 0 1 JAN,JUL *"])
      assert.equal(cronFault(expression), null);
  });
});
