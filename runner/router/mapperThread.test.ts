import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MapperThread } from "./mapperThread.ts";

const SCRIPT = join(import.meta.dirname, "..", "stackMapper", "main.ts");
/** Line 1, column 1 of the module is line 3, column 5 of `src/a.ts`. */
const MAP = JSON.stringify({ version: 3, sources: ["src/a.ts"], names: [], mappings: "AAEI" });

describe("the thread that reads source maps", () => {
  it("tells places by the sources, and leaves what it does not know", async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "edge-map-"));
    t.after(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "map"), MAP);
    const thread = new MapperThread(SCRIPT);
    const files = { "index.mjs": join(dir, "map"), "gone.mjs": join(dir, "gone") };
    assert.equal(
      await thread.map("index.mjs:1:1\ngone.mjs:1:1\nother.mjs:2:2", files),
      "src/a.ts:3:5\ngone.mjs:1:1\nother.mjs:2:2",
    );
    assert.equal(thread.waiting, 0);
  });

  it("gives the text back when it fails, and is started again", async (t) => {
    const dir = mkdtempSync(join(tmpdir(), "edge-map-"));
    t.after(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "ends.mjs"), "process.exit(1);");
    const thread = new MapperThread(join(dir, "ends.mjs"));
    for (let round = 0; round < 2; round++) assert.equal(await thread.map("index.mjs:1:1", {}), "index.mjs:1:1");
    assert.equal(thread.waiting, 0);
  });
});
