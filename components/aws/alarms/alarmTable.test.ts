import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ALARMS, type AlarmRow } from "./alarmTable.ts";

const RUNBOOK = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
const rows = Object.entries(ALARMS) as [string, AlarmRow][];

test("every alarm has its place in the runbook, and no other has", () => {
  const headings = [...RUNBOOK.matchAll(/^### Alarm: (\w+)$/gm)].map(([, key]) => key);
  assert.deepEqual(headings, Object.keys(ALARMS));
});

test("every alarm is one that CloudWatch takes", () => {
  for (const [key, { figures, expression, rises }] of rows) {
    const ids = Object.keys(figures);
    // Ids of figures begin with a lower-case letter, and the expression's own is the alarm's key.
    for (const id of [key, ...ids]) assert.match(id, /^[a-z][A-Za-z0-9_]{0,254}$/);
    assert.ok(expression === undefined || !ids.includes(key), key);
    assert.equal(ids.length > 1, expression !== undefined, `${key}: several figures want an expression`);
    for (const id of ids) if (expression !== undefined) assert.ok(expression.includes(id), `${key}: ${id}`);
    const { minutes, periodSeconds = 60 } = rises;
    assert.equal(Number.isInteger((minutes * 60) / periodSeconds), true, key);
    // One day is the most that CloudWatch looks back.
    assert.ok(minutes <= 1_440, key);
  }
});
