import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DispatchMode } from "./dispatchMode.ts";

function noteTimes(mode: DispatchMode, times: number, cpuMs: number): void {
  for (let time = 0; time < times; time++) mode.note(cpuMs);
}

describe("the choice between the own thread and another", () => {
  it("trusts a function after twenty short entries, not before", () => {
    const mode = new DispatchMode();
    noteTimes(mode, 19, 1);
    assert.equal(mode.isCalm, false);
    mode.note(1);
    assert.equal(mode.isCalm, true);
  });

  it("bears one slow entry in a hundred, not two", () => {
    const mode = new DispatchMode();
    noteTimes(mode, 99, 1);
    mode.note(4);
    assert.equal(mode.isCalm, true);
    mode.note(4);
    assert.equal(mode.isCalm, false);
    noteTimes(mode, 98, 1);
    assert.equal(mode.isCalm, false);
    mode.note(1);
    assert.equal(mode.isCalm, true);
  });

  it("asks for twice as many entries after each offence", () => {
    const mode = new DispatchMode();
    for (const needed of [40, 80, 160]) {
      mode.offend();
      noteTimes(mode, needed - 1, 1);
      assert.equal(mode.isCalm, false);
      mode.note(1);
      assert.equal(mode.isCalm, true);
    }
  });

  it("never trusts a function with more than one slow entry among its last hundred", () => {
    const times = fc.array(fc.oneof({ arbitrary: fc.constant(1), weight: 60 }, fc.constant(9)), { maxLength: 400 });
    fc.assert(
      fc.property(times, (cpuTimes) => {
        const mode = new DispatchMode();
        cpuTimes.forEach((cpuMs, index) => {
          mode.note(cpuMs);
          const slow = cpuTimes.slice(Math.max(0, index - 99), index + 1).filter((ms) => ms >= 4).length;
          const allowed = index < 99 ? 0 : 1;
          assert.equal(mode.isCalm, index >= 19 && slow <= allowed);
        });
      }),
    );
  });
});
