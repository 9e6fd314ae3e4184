import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { PACKAGE_DIR } from "../../components/packageDir.ts";

const LEVELS = ["rendered", "planned", "local", "moto", "never"];
const read = (name: string) => readFileSync(path.join(PACKAGE_DIR, name), "utf8");

describe("docs/proof.md", () => {
  const text = read("docs/proof.md");
  const rows = text
    .slice(text.indexOf("## Resources"))
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (---|declared|what) /.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has a row for every resource type of the shipped stacks", () => {
    const golden = read("test/plan/stacks.test.ts.snapshot");
    const types = [...golden.matchAll(/"(?:[^"]*\$)?([^"$]+)::[^"]+"/g)].map(([, type]) => type as string);
    const declared = new Set(types.filter((type) => !/^(edge-fleet|pulumi:pulumi):/.test(type)));
    assert.ok(declared.size > 30, "the golden list is read wrongly");
    const known = new Set([...text.matchAll(/`([\w-]+:[\w/]+:\w+)`/g)].map(([, type]) => type as string));
    assert.deepEqual(
      [...declared].filter((type) => !known.has(type)),
      [],
    );
  });

  it("says of each row how far, in words that it explains", () => {
    assert.ok(rows.length > 20);
    for (const [, what = "", proven = ""] of rows) {
      assert.ok(
        proven.split(", ").every((level) => LEVELS.includes(level)),
        `${what}: ${proven}`,
      );
    }
  });

  it("names tests that are there", () => {
    const named = [...text.matchAll(/`((?:test|components)\/[\w/.]+\.test\.ts)`/g)].map(([, file]) => file as string);
    assert.deepEqual(
      [...new Set(named)].filter((file) => !existsSync(path.join(PACKAGE_DIR, file))),
      [],
    );
  });
});
