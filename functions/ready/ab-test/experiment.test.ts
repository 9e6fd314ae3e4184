import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chosenVariant, experimentFault } from "./experiment.ts";

const EXPERIMENT = { variants: { control: { weight: 90 }, new: { weight: 10, path: "/new" }, old: { weight: 0 } } };

test("visitors keep their variant as long as the experiment has it, even one that nobody new gets", () => {
  assert.deepEqual(chosenVariant(EXPERIMENT, "new", 0), { variant: "new", path: "/new" });
  assert.deepEqual(chosenVariant(EXPERIMENT, "old", 0.95), { variant: "old", path: "" });
  for (const forged of ["none", "", "__proto__", "constructor", "control; x"])
    assert.equal(chosenVariant(EXPERIMENT, forged, 0.95).variant, "new");
});

test("variants get their shares", () => {
  const shares = Array.from({ length: 1_000 }, (_, n) => chosenVariant(EXPERIMENT, undefined, n / 1_000).variant);
  assert.equal(shares.filter((variant) => variant === "control").length, 900);
  assert.equal(shares.filter((variant) => variant === "new").length, 100);
});

test("every experiment without a fault gives every visitor one of its variants", () => {
  const variants = fc.dictionary(
    fc.stringMatching(/^[a-z0-9-]{1,8}$/),
    fc.record({ weight: fc.double({ min: 0, max: 1e6, noNaN: true }) }),
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(variants, fc.option(fc.string(), { nil: undefined }), share, (variants, had, share) => {
      fc.pre(experimentFault({ variants }) === undefined);
      assert.ok(Object.hasOwn(variants, chosenVariant({ variants }, had, share).variant));
    }),
  );
});

for (const [what, value, says] of [
  ["null", null, /no map `variants`/],
  ["a list of variants", { variants: [] }, /no map `variants`/],
  ["no variants", { variants: {} }, /1 to 20/],
  ["a variant's name for another cookie", { variants: { "a; b": { weight: 1 } } }, /the name "a; b"/],
  ["a negative weight", { variants: { a: { weight: -1 } } }, /variants\.a\.weight/],
  ["text as a weight", { variants: { a: { weight: "1" } } }, /variants\.a\.weight/],
  ["weights that are all 0", { variants: { a: { weight: 0 } } }, /all weights/],
  ["a path that climbs", { variants: { a: { weight: 1, path: "/../admin" } } }, /variants\.a\.path/],
  ["another host as a path", { variants: { a: { weight: 1, path: "//evil.test" } } }, /variants\.a\.path/],
] as const) {
  test(`${what} is no experiment`, () => assert.match(experimentFault(value) ?? "", says));
}
