import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { bundles } from "./bundles.ts";
import type { Bundles } from "./bundleTable.ts";
import { platformSnapshot } from "./platformSnapshot.ts";

describe("the snapshot of the platform", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-snapshot-"));
  const lines: unknown[][] = [];
  const log = (...line: unknown[]) => void lines.push(line);
  let scripts: Bundles;
  before(async () => {
    scripts = await bundles(join(dir, "cache"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("is made, and tried, in a process of its own", async () => {
    assert.ok(((await platformSnapshot(scripts, log))?.length ?? 0) > 100_000);
    assert.deepEqual(lines, []);
  });

  it("is the same every time: compiled code lasts no longer than it", async () => {
    assert.deepEqual(await platformSnapshot(scripts, log), await platformSnapshot(scripts, log));
  });

  it("is done without, with the reason in the log, when the platform is none", async () => {
    const platform = join(dir, "broken.mjs");
    for (const text of ["throw new Error('broken')", "globalThis.other = 1;"]) {
      writeFileSync(platform, text);
      assert.equal(await platformSnapshot({ ...scripts, platform }, log), undefined);
    }
    assert.deepEqual(
      lines.map(([level]) => level),
      ["warn", "warn"],
    );
  });
});
