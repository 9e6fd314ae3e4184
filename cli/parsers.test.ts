import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "./errors.ts";
import { durationMs, integer, list, oneOf, percent, text } from "./parsers.ts";

describe("readers of option values", () => {
  it("read what is right", () => {
    assert.equal(text("a b"), "a b");
    assert.deepEqual(list("fra, iad,fra"), ["fra", "iad"]);
    assert.equal(oneOf(["info", "warn"])("warn"), "warn");
    assert.equal(integer({ min: 0, max: 65_535 })("8080"), 8080);
    assert.deepEqual(["10%", "10", "0.5%"].map(percent), [10, 10, 0.5]);
    assert.deepEqual(["80ms", "1.5s", "2m", "1h"].map(durationMs), [80, 1_500, 120_000, 3_600_000]);
  });

  it("say what they take of what is wrong", () => {
    for (const [read, word, says] of [
      [text, "", /empty/],
      [list, "a,,b", /"a,,b" has an empty part/],
      [oneOf(["info", "warn"]), "wrn", /"wrn" is not one of info, warn/],
      [integer({ min: 1, max: 9 }), "1e0", /from 1 to 9/],
      [integer({ min: 1, max: 9 }), "10", /"10" is not a whole number from 1 to 9/],
      [percent, "0", /percentage/],
      [percent, "100%", /percentage/],
      [percent, "-5", /percentage/],
      [durationMs, "80", /80ms, 5s/],
    ] as const) {
      assert.throws(
        () => read(word),
        (error) => error instanceof UsageError && says.test(error.message),
        word,
      );
    }
  });
});
