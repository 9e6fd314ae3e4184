import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Deployment } from "../deployment.ts";
import { VirtualClock } from "../virtualClock.ts";
import { afterDeath, type Health, newHealth, QUARANTINE_MS } from "./functionHealth.ts";
import { FunctionStates } from "./functionStates.ts";
import { parseStates, StateFile } from "./stateFile.ts";

const MANIFEST = { name: "f", version: "v1" };
const deployment = (health: Health) => ({ manifest: MANIFEST, health }) as Deployment;

describe("states of functions", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-states-"));
  after(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "deep", "functions.json");
  const messages: string[] = [];
  const file = () => new StateFile(path, (_, message) => void messages.push(message));
  const clock = new VirtualClock();
  let wallMs = Date.parse("2026-01-01T00:00:00Z");
  const states = () => new FunctionStates({ file: file(), clock, wallMs: () => wallMs });

  it("are none where there is no file, without a word", () => {
    assert.equal(states().disabledReason("f"), undefined);
    assert.deepEqual(messages, []);
  });

  it("outlive the router: who is switched off, and why", async () => {
    await states().disable("f", "too dear");
    assert.equal(states().disabledReason("f"), "too dear");
    const again = states();
    await again.enable("f");
    assert.equal(states().disabledReason("f"), undefined);
    assert.deepEqual(readdirSync(join(dir, "deep")), ["functions.json"]);
  });

  it("outlive the router: a quarantine goes on for the rest of its time, for that version alone", async () => {
    const die = (health: Health) => afterDeath(health, { weight: 1, cause: "crash", nowMs: clock.nowMs() });
    const before = states();
    before.note(deployment(die(newHealth("shared", false))));
    assert.equal(before.healthOf(MANIFEST, "shared", false).place, "private");
    before.note(deployment(die(die(die(newHealth("shared", false))))));
    // Writes go in turn: this one ends after the others.
    await before.disable("other", "x");
    wallMs += 4_000;
    const health = states().healthOf(MANIFEST, "shared", false);
    assert.deepEqual([health.place, health.quarantines], ["quarantined", 1]);
    assert.equal(health.untilMs, clock.nowMs() + QUARANTINE_MS.first - 4_000);
    assert.equal(states().healthOf({ ...MANIFEST, version: "v2" }, "probation", false).place, "probation");
    wallMs -= 365 * 24 * 3_600_000;
    const jumped = states().healthOf(MANIFEST, "shared", false);
    assert.equal(jumped.untilMs, clock.nowMs() + QUARANTINE_MS.longest);
    const last = states();
    last.forget(deployment(health));
    await last.enable("other");
    assert.equal(states().healthOf(MANIFEST, "shared", false).place, "shared");
  });

  it("are none when the file is torn or foreign, and that is logged", () => {
    const good = readFileSync(path, "utf8");
    for (const text of [good.slice(0, 30), "", "null", '{"schema": 2, "disabled": {}, "apart": {}}']) {
      messages.length = 0;
      writeFileSync(path, text);
      assert.equal(states().disabledReason("f"), undefined);
      assert.equal(messages.length, 1, text);
    }
    assert.equal(
      parseStates('{"schema": 1, "disabled": {}, "apart": {"f": {"version": "v", "place": "moon"}}}'),
      undefined,
    );
  });

  it("that the disk does not take are in force all the same, and whoever set them is told", async () => {
    const blocked = new StateFile(join(path, "no-folder", "x.json"), () => {});
    const here = new FunctionStates({ file: blocked, clock, wallMs: () => wallMs });
    await assert.rejects(here.disable("f", "x"), /ENOTDIR|EEXIST/);
    assert.equal(here.disabledReason("f"), "x");
  });
});
