// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { firstDifference } from "./lockfileMatch.mjs";

const zod = { version: "4.6.7", integrity: "sha512-a" };
const foreign = { version: "1.0.0", integrity: "sha512-b", optional: true };
const link = { resolved: "runner", link: true };
const wanted = {
  packages: {
    "": { version: "0.1.0" },
    runner: { version: "0.1.0" },
    "node_modules/@edge-fleet/runner": link,
    "node_modules/zod": zod,
    "node_modules/foreign": foreign,
  },
};
const installed = { "node_modules/@edge-fleet/runner": link, "node_modules/zod": zod };

test("an install without the other platforms' optional packages is complete", () => {
  assert.equal(firstDifference(wanted, { packages: installed }), undefined);
  assert.equal(firstDifference(wanted, { packages: { ...installed, "node_modules/foreign": foreign } }), undefined);
});

for (const [title, packages, expected] of /** @type {const} */ ([
  ["a missing package", { "node_modules/@edge-fleet/runner": link }, "node_modules/zod"],
  ["another version", { ...installed, "node_modules/zod": { ...zod, version: "4.6.8" } }, "node_modules/zod"],
  [
    "other contents of the same version",
    { ...installed, "node_modules/zod": { ...zod, integrity: "sha512-c" } },
    "node_modules/zod",
  ],
  [
    "an optional package of another version",
    { ...installed, "node_modules/foreign": { ...foreign, version: "2.0.0" } },
    "node_modules/foreign",
  ],
  ["a package that the lock file no longer has", { ...installed, "node_modules/gone": zod }, "node_modules/gone"],
  ["nothing at all", {}, "node_modules/@edge-fleet/runner"],
])) {
  test(`${title} is a difference, and named`, () => {
    assert.equal(firstDifference(wanted, { packages }), expected);
  });
}

test("a package whose contents the lock file does not know is taken by its version", () => {
  const versionOnly = {
    packages: { ...wanted.packages, "node_modules/foreign": { version: "1.0.0", optional: true } },
  };
  assert.equal(
    firstDifference(versionOnly, { packages: { ...installed, "node_modules/foreign": foreign } }),
    undefined,
  );
});
