import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { rejectionText } from "./rejection.ts";

describe("a rejection on its way back into its isolate", () => {
  it("is an error's texts, or a plain value", () => {
    const error = Object.assign(new RangeError("too far"), { stack: "RangeError: too far\n    at index.mjs:1:2" });
    assert.deepEqual(JSON.parse(rejectionText(error)), {
      error: { name: "RangeError", message: "too far", stack: "RangeError: too far\n    at index.mjs:1:2" },
    });
    for (const value of ["text", 5, null, false]) assert.deepEqual(JSON.parse(rejectionText(value)), { value });
    assert.deepEqual(JSON.parse(rejectionText(undefined)), {});
    assert.deepEqual(JSON.parse(rejectionText(5n)), { value: "5" });
  });

  it("is no longer than lines of the log are", () => {
    assert.ok(rejectionText("x".repeat(1_000_000)).length < 5_000);
    assert.ok(
      rejectionText(Object.assign(new Error("x".repeat(1_000_000)), { name: "y".repeat(1_000_000) })).length < 20_000,
    );
  });
});
