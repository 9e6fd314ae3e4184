import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { bundles } from "./bundles.ts";

describe("the bundles of the runner's processes", () => {
  const dir = mkdtempSync(join(tmpdir(), "edge-bundles-"));
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("are made once, and of older sources the newest are kept", async () => {
    const [older, newest, other] = [`router-${"a".repeat(16)}.mjs`, `worker-${"b".repeat(16)}.mjs`, "compiled.bin"];
    for (const [index, name] of [older, newest, other].entries()) {
      writeFileSync(join(dir, name), "");
      utimesSync(join(dir, name), 1_000 + index, 1_000 + index);
    }
    const made = await bundles(dir);
    const left = readdirSync(dir).sort();
    assert.deepEqual(left, [...Object.values(made).map((path) => path.slice(dir.length + 1)), newest, other].sort());
    rmSync(made.worker);
    const again = await bundles(dir);
    assert.deepEqual(again, made);
    assert.ok(existsSync(made.worker));
  });
});
