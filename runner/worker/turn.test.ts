import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TURN_MS, Turn } from "./turn.ts";

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const loopTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Notes each slice in `log`; each entry takes `entryMs`. */
function taker(name: string, entries: number, { log, entryMs = 0 }: { log: string[]; entryMs?: number }) {
  let left = entries;
  return {
    runOne(sliceMs: number): boolean {
      assert.ok(sliceMs >= TURN_MS / 2 && sliceMs <= TURN_MS, `a slice of ${sliceMs} ms`);
      log.push(name);
      spin(entryMs);
      return --left > 0;
    },
  };
}

describe("a turn of the event loop", () => {
  it("runs everyone's entries in one turn, one of each after the other, and says when it is over", async () => {
    const log: string[] = [];
    const turn = new Turn(() => log.push("over"));
    turn.join(taker("a", 3, { log }));
    turn.join(taker("b", 2, { log }));
    turn.join(taker("c", 1, { log }));
    assert.deepEqual(log, []);
    await loopTurn();
    assert.deepEqual(log, ["a", "b", "c", "a", "b", "a", "over"]);
  });

  it("lets the event loop turn when half of its time is used, and goes on with whoever is next", async () => {
    const log: string[] = [];
    const turn = new Turn(() => log.push("over"));
    turn.join(taker("a", 2, { log, entryMs: TURN_MS }));
    turn.join(taker("b", 1, { log }));
    await loopTurn();
    assert.deepEqual(log, ["a", "over"]);
    await loopTurn();
    assert.deepEqual(log, ["a", "over", "b", "a", "over"]);
  });

  it("forgets who leaves", async () => {
    const log: string[] = [];
    const turn = new Turn(() => {});
    const gone = taker("gone", 1, { log });
    turn.join(gone);
    turn.leave(gone);
    turn.join(taker("here", 1, { log }));
    await loopTurn();
    assert.deepEqual(log, ["here"]);
  });
});
