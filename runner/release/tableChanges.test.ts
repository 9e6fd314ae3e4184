import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionOf } from "./fixtures.ts";
import { validateRelease } from "./manifest.ts";
import { versionsOf } from "./releasedFunction.ts";
import {
  backTo,
  deployPreview,
  deploySplit,
  deployStable,
  endSplit,
  promote,
  setStatus,
  type TableChange,
} from "./tableChanges.ts";
import { type Deployed, RELEASE_SCHEMA, type ReleasedFunction } from "./types.ts";

const NOBODY: Deployed = { by: "a test", at: "2026-01-02T03:04:05Z", reason: "", commit: null };
const LATER: Deployed = { ...NOBODY, at: "2026-01-03T03:04:05Z" };
const version = (source: string, name = "hello") => functionOf(name, source).manifest;
const stable = (source: string) => deployStable(version(source), { owner: "command", deployed: LATER });
const split = (source: string, percent = 10) => deploySplit(version(source), { percent, guard: null, deployed: LATER });

/** The table after these changes, one after the other; each table is one that a release takes. */
function tableAfter(...changes: readonly TableChange[]): readonly ReleasedFunction[] {
  return changes.reduce<readonly ReleasedFunction[]>((functions, change) => {
    const next = change(functions);
    const release = {
      schema: RELEASE_SCHEMA,
      release: 1,
      createdAt: NOBODY.at,
      createdBy: "",
      reason: "",
      commit: null,
    };
    validateRelease({ ...release, functions: next });
    return next;
  }, []);
}

function hello(functions: readonly ReleasedFunction[]) {
  const found = functions.find(({ name }) => name === "hello");
  assert.ok(found !== undefined);
  const { number, split, previews, status } = found;
  return { number, split: split && [split.number, split.percent], previews: previews.map((one) => one.number), status };
}

describe("changes of a table", () => {
  it("a deploy makes the version stable, under the next number, and keeps five that were", () => {
    const sources = ["1", "2", "3", "4", "5", "6", "7"];
    assert.deepEqual(hello(tableAfter(...sources.map(stable))), {
      ...{ number: 7, split: null, previews: [6, 5, 4, 3, 2], status: "active" },
    });
  });

  it("a version that is there keeps its number, and one that is stable changes nothing", () => {
    const table = tableAfter(stable("1"), stable("2"));
    assert.equal(stable("2")(table), table);
    assert.deepEqual(hello(stable("1")(table)), { number: 1, split: null, previews: [2], status: "active" });
  });

  it("other functions stay as they are, in their order", () => {
    const deployOther = deployStable(version("", "a-first"), { owner: "program", deployed: NOBODY });
    const table = tableAfter(stable("1"), deployOther, stable("2"));
    assert.deepEqual(
      table.map(({ name, number, owner }) => [name, number, owner]),
      [
        ["a-first", 1, "program"],
        ["hello", 2, "command"],
      ],
    );
    assert.equal(table[0]?.deployed, NOBODY);
  });

  it("a split leaves the stable version; another percentage or candidate takes its place", () => {
    const table = tableAfter(stable("1"), split("2"));
    assert.deepEqual(hello(table), { number: 1, split: [2, 10], previews: [], status: "active" });
    assert.equal(split("2")(table), table);
    assert.deepEqual(hello(split("2", 50)(table)).split, [2, 50]);
    assert.deepEqual(hello(split("3")(table)), { number: 1, split: [3, 10], previews: [2], status: "active" });
    assert.throws(() => split("1")(table), /^ReleaseError: hello: v1 is this very version/);
    assert.throws(() => tableAfter(split("1")), /^ReleaseError: hello: is not deployed/);
  });

  it("a deploy beside a split leaves the split, and of its candidate ends it", () => {
    const table = tableAfter(stable("1"), split("2"));
    assert.deepEqual(hello(stable("3")(table)), { number: 3, split: [2, 10], previews: [1], status: "active" });
    assert.deepEqual(hello(stable("2")(table)), { number: 2, split: null, previews: [1], status: "active" });
  });

  it("a candidate is promoted, or withdrawn", () => {
    const table = tableAfter(stable("1"), split("2"));
    assert.deepEqual(hello(promote("hello", LATER)(table)), {
      number: 2,
      split: null,
      previews: [1],
      status: "active",
    });
    assert.deepEqual(hello(endSplit("hello", LATER)(table)), {
      ...{ number: 1, split: null, previews: [2], status: "active" },
    });
    for (const change of [promote, endSplit]) {
      assert.throws(() => change("hello", LATER)(tableAfter(stable("1"))), /hello: has no split/);
    }
  });

  it("goes back to a version that is kept, or to one of an older table, and forward again", () => {
    const sources = ["1", "2", "3", "4", "5", "6", "7"];
    const table = tableAfter(...sources.map(stable), split("8"));
    const back = (number: number) => backTo("hello", { number, manifest: version(`${number}`) }, LATER);
    assert.deepEqual(hello(back(6)(table)), { number: 6, split: null, previews: [8, 7, 5, 4, 3], status: "active" });
    assert.deepEqual(hello(back(1)(table)), { number: 1, split: null, previews: [8, 7, 6, 5, 4], status: "active" });
    assert.deepEqual(hello(back(7)(table)), { number: 7, split: null, previews: [8, 6, 5, 4, 3], status: "active" });
    assert.equal(hello(stable("9")(back(1)(table))).number, 9, "no number is given twice");
  });

  it("a preview serves nobody, and is there once", () => {
    const preview = deployPreview(version("2"), LATER);
    const table = tableAfter(stable("1"), preview);
    assert.deepEqual(hello(table), { number: 1, split: null, previews: [2], status: "active" });
    assert.equal(preview(table), table);
    assert.equal(deployPreview(version("1"), LATER)(table), table);
    assert.deepEqual(hello(split("2")(table)), { number: 1, split: [2, 10], previews: [], status: "active" });
  });

  it("switches a function off and on, whatever its version", () => {
    const off = setStatus("hello", "disabled", LATER);
    const table = tableAfter(stable("1"), off, stable("2"));
    assert.deepEqual(hello(table), { number: 2, split: null, previews: [1], status: "disabled" });
    assert.equal(off(table), table);
    assert.equal(hello(setStatus("hello", "active", LATER)(table)).status, "active");
  });

  it("notes who changed the function, and when", () => {
    const first = deployStable(version("1"), { owner: "command", deployed: NOBODY });
    const [changed] = tableAfter(first, stable("2"));
    assert.equal(changed?.deployed, LATER);
    assert.equal(versionsOf(changed as ReleasedFunction).length, 2);
  });
});
