import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { startReason } from "./sandbox.ts";

function thrown(message: string, frames: string): Error {
  return Object.assign(new Error(message), { stack: `Error: ${message}\n${frames}` });
}

describe("the reason why a function does not start", () => {
  it("says the error and the place of its first frame", () => {
    assert.equal(startReason(thrown("no", "    at index.mjs:1:7\n    at index.mjs:9:9")), "Error: no [index.mjs:1:7]");
    assert.equal(startReason(thrown("no", "    at new A (lib/a.mjs:2:3)")), "Error: no [lib/a.mjs:2:3]");
    assert.equal(startReason(thrown("at b.mjs:1:1", "    at index.mjs:1:7")), "Error: at b.mjs:1:1 [index.mjs:1:7]");
  });

  it("says a place once, and none of the host's own", () => {
    assert.equal(startReason(thrown("no [index.mjs:3:4]", "    at index.mjs:1:7")), "Error: no [index.mjs:3:4]");
    assert.equal(startReason(thrown("no", "    at file:///runner/main.ts:1:7")), "Error: no");
  });

  it("is no longer than a log line, and costs no more than that", () => {
    const startedMs = performance.now();
    for (const part of ["[", "[a", "[:1", "at ", "at (", "\n at ", "\n at (", "(:1", ":1"]) {
      const text = part.repeat(1_000_000 / part.length);
      assert.ok(startReason(thrown(text, text)).length <= 4_200);
      assert.ok(startReason(text).length <= 4_200);
    }
    assert.ok(performance.now() - startedMs < 5_000);
  });
});
