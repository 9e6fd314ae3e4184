import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TARGET_EXAMPLES } from "./targetExamples.ts";
import { brokenRule, TARGET_RULES } from "./targetRules.ts";

describe("the rules of request targets", () => {
  it("name the first rule that each example breaks", () => {
    for (const { target, host, rule } of TARGET_EXAMPLES)
      assert.equal(brokenRule(target, host), rule, `${host} ${target}`);
  });

  it("have an example each", () => {
    const shown = new Set(TARGET_EXAMPLES.map(({ rule }) => rule));
    for (const name of Object.keys(TARGET_RULES)) assert.ok(shown.has(name as keyof typeof TARGET_RULES), name);
  });

  it("have no quotation marks, which would end their text in a configuration", () => {
    for (const { pattern } of Object.values(TARGET_RULES)) assert.doesNotMatch(pattern, /["'`\s]/);
  });

  it("leave to the URL parser one way to read what passes", () => {
    const bits = ["/", ".", "..", "%2e", "%2F", "%5c", "\\", "a", "%", "?", "#", "//", "%00", "\u00e9", ";", ":", "@"];
    const target = fc.array(fc.constantFrom(...bits)).map((parts) => `/${parts.join("")}`);
    fc.assert(
      fc.property(target, (text) => {
        if (brokenRule(text, "edge.test") !== null) return;
        const { host, pathname, search, hash } = new URL(`https://edge.test${text}`);
        const sent = text.endsWith("?") && search === "" ? text.slice(0, -1) : text;
        assert.deepEqual([host, pathname + search, hash], ["edge.test", sent, ""]);
      }),
    );
  });
});
