import assert from "node:assert/strict";
import { test } from "node:test";
import { type Declaration, type Drift, declare, restoreTable } from "./declaration.ts";
import { deployedBy, functionOf } from "./fixtures.ts";
import { backTo, deploySplit, deployStable, setStatus, type TableChange } from "./tableChanges.ts";
import type { ReleasedFunction } from "./types.ts";

const PROGRAM = deployedBy("ci", "pulumi up");
const ALICE = deployedBy("alice", "it burns");

const version = (name: string, source: string) => functionOf(name, source).manifest;

/** A program that declares these functions, having declared those. */
function program(
  sources: Readonly<Record<string, string>>,
  { last = {}, drift = "adopt" }: { last?: Readonly<Record<string, string>>; drift?: Drift } = {},
): TableChange {
  const manifests = Object.entries(sources).map(([name, source]) => version(name, source));
  const before = Object.entries(last).map(([name, source]) => [name, version(name, source).version]);
  const declaration: Declaration = { manifests, last: Object.fromEntries(before), drift };
  return declare(declaration, PROGRAM);
}

function after(...changes: readonly TableChange[]): readonly ReleasedFunction[] {
  return changes.reduce<readonly ReleasedFunction[]>((table, change) => change(table), []);
}

function shown(table: readonly ReleasedFunction[]): string[] {
  return table
    .map(({ name, number, status, split, owner, deployed }) =>
      [`${name} v${number}`, owner, deployed.by, ...(split ? [`split v${split.number}`] : []), status].join(" "),
    )
    .toSorted();
}

const command = (name: string, source: string) =>
  deployStable(version(name, source), { owner: "command", deployed: ALICE });

test("a program's declaration is merged: it removes what it declares no longer, and leaves what is not its own", () => {
  const table = after(
    program({ a: "1", b: "1" }),
    command("c", "1"),
    program({ a: "2" }, { last: { a: "1", b: "1" } }),
  );
  assert.deepEqual(shown(table), ["a v2 program ci active", "c v1 command alice active"]);
});

test("a split goes on under a new stable version, and ends when its candidate is declared", () => {
  const split = deploySplit(version("a", "2"), { percent: 10, guard: null, deployed: ALICE });
  const table = after(program({ a: "1" }), split, program({ a: "3" }, { last: { a: "1" } }));
  assert.deepEqual(shown(table), ["a v3 program ci split v2 active"]);
  assert.deepEqual(shown(program({ a: "2" }, { last: { a: "3" } })(table)), ["a v2 program ci active"]);
});

test("a command's function that a program declares is the program's from then on", () => {
  const table = after(command("a", "1"), program({ a: "1" }));
  assert.deepEqual(shown(table), ["a v1 program ci active"]);
  assert.deepEqual(program({}, { last: { a: "1" } })(table), []);
});

const last = { a: "2", b: "1" };
const drifts: readonly [string, TableChange, string][] = [
  ["went back", backTo("a", { number: 1, manifest: version("a", "1") }, ALICE), "a v1 program alice active"],
  ["switched off", setStatus("a", "disabled", ALICE), "a v2 program alice disabled"],
  ["deployed", command("a", "hot fix"), "a v3 program alice active"],
];
for (const [title, drift, drifted] of drifts) {
  const table = after(program({ a: "1", b: "1" }), program({ a: "2", b: "1" }, { last: { a: "1", b: "1" } }), drift);

  test(`what a command ${title} is left as it is while the program declares the same`, () => {
    assert.deepEqual(shown(program({ a: "2", b: "2" }, { last })(table)), [drifted, "b v2 program ci active"]);
  });

  test(`what a command ${title} is undone where the program reasserts, and refused where it is told to refuse`, () => {
    const undone = program({ a: "2", b: "1" }, { last, drift: "reassert" })(table);
    assert.deepEqual(shown(undone), ["a v2 program ci active", "b v1 program ci active"].toSorted());
    assert.throws(() => program({ a: "2", b: "2" }, { last, drift: "refuse" })(table), {
      code: "ERR_RELEASE_DRIFT",
      message: /a is at v\d.*, by alice at .*: it burns.*edge-fleet:drift/,
    });
  });

  test(`what a command ${title} gives way to a new declaration`, () => {
    const [a] = shown(program({ a: "4", b: "1" }, { last, drift: "refuse" })(table));
    assert.match(String(a), /^a v\d program ci/);
  });
}

test("an older table comes back whole, under new numbers; what came since is gone", () => {
  const old = after(program({ a: "1", b: "1" }));
  const table = after(program({ a: "1", b: "1" }), program({ a: "2", c: "1" }, { last: { a: "1", b: "1" } }));
  const back = restoreTable(old, ALICE)(table);
  assert.deepEqual(shown(back), ["a v3 program alice active", "b v1 program alice active"]);
  assert.equal(back[0]?.manifest.version, version("a", "1").version);
  assert.deepEqual(back[0]?.previews, []);
  assert.equal(restoreTable(back, ALICE)(back)[0], back[0]);
});
