import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_LIMITS } from "../../limits.ts";
import { NO_POLICIES } from "../../policies/policies.ts";
import { functionOf, releasedOf } from "../fixtures.ts";
import { functionVersion } from "../manifest.ts";
import { deploySplit, setStatus } from "../tableChanges.ts";
import type { FunctionManifest, ReleasedFunction } from "../types.ts";
import { tableDiff } from "./tableDiff.ts";
import { tellDiff } from "./tellDiff.ts";

const DEPLOYED = { by: "a test", at: "2026-01-02T03:04:05Z", reason: "", commit: null };
const HELLO = functionOf("hello", "1").manifest;
const BEFORE = releasedOf([HELLO]);

function manifest(differences: Partial<FunctionManifest>): FunctionManifest {
  const content = { ...HELLO, ...differences };
  return { ...content, version: functionVersion(content) };
}

/** The one function with another manifest under the same number. */
function now(differences: Partial<FunctionManifest>): readonly ReleasedFunction[] {
  return BEFORE.map((released) => ({ ...released, manifest: manifest(differences) }));
}

/** What is told below the function's name, without the version. */
function told(after: readonly ReleasedFunction[]): string[] {
  const [head, version, ...lines] = tellDiff(tableDiff(BEFORE, after));
  assert.equal(head, "~ hello");
  assert.match(`${version}`, /^ {4}version +v1 \([0-9a-f]{16}\) → v1 \([0-9a-f]{16}\)$/);
  return lines.map((line) => line.trim().replace(/ {2,}/g, "  "));
}

describe("the difference of two tables", () => {
  it("is nothing where only who deployed it differs", () => {
    const after = BEFORE.map((released) => ({ ...released, deployed: { ...DEPLOYED, by: "another" } }));
    assert.deepEqual(tableDiff(BEFORE, after), []);
    assert.deepEqual(tellDiff([]), []);
  });

  it("tells code by its size, routes, limits and regions", () => {
    const code = functionOf("hello", "x".repeat(12_345)).manifest.modules;
    assert.deepEqual(told(now({ modules: code })), ["code  1 B → 12.3 KB"]);
    assert.deepEqual(told(now({ modules: functionOf("hello", "2").manifest.modules })), ["code  1 B, changed"]);
    const routes = [{ host: "a.test", methods: ["GET"], path: "/x", priority: 0 }];
    assert.deepEqual(told(now({ routes })), ["routes  +GET a.test/x  -/hello/*"]);
    const limits = { ...DEFAULT_LIMITS, cpuMs: 200 };
    assert.deepEqual(told(now({ limits })), [`limits.cpuMs  ${DEFAULT_LIMITS.cpuMs} → 200`]);
    assert.deepEqual(told(now({ regions: ["eu-central-1"] })), ["regions  +eu-central-1  -all"]);
  });

  it("tells variables, secrets, bindings and policies by their names, never by a value", () => {
    const before = releasedOf([manifest({ env: { A: "hidden-1", B: "2" }, secrets: { KEY: "old-key" } })]);
    const apiKeys = { ann: "a".repeat(64) };
    const after = now({
      env: { A: "hidden-3", C: "" },
      secrets: { KEY: "new-key" },
      bindings: { NOTES: { kind: "kv", name: "notes" } },
      policies: { ...NO_POLICIES, apiKeys },
    });
    const diff = tableDiff(before, after);
    const lines = tellDiff(diff).map((line) => line.trim().replace(/ {2,}/g, "  "));
    for (const line of [
      "env  +C  -B  ~A",
      "secrets  +KEY (new-key)  -KEY (old-key)",
      "bindings  +NOTES (kv notes)",
      "policies  +apiKeys",
    ]) {
      assert.ok(lines.includes(line), `${line} in\n${lines.join("\n")}`);
    }
    assert.doesNotMatch(JSON.stringify(diff), /hidden|aaaa/);
  });

  it("tells splits and status", () => {
    const off = setStatus("hello", "disabled", DEPLOYED)(BEFORE);
    assert.deepEqual(tellDiff(tableDiff(BEFORE, off)), ["~ hello", "    status  active → disabled"]);
    const candidate = functionOf("hello", "2").manifest;
    const after = deploySplit(candidate, { percent: 10, guard: null, deployed: DEPLOYED })(BEFORE);
    assert.deepEqual(tellDiff(tableDiff(BEFORE, after)), [
      "~ hello",
      `    split  none → 10 % to v2 (${candidate.version})`,
    ]);
  });

  it("tells of a new function what is its own, and of one that goes that it goes", () => {
    const other = releasedOf([functionOf("other", "1").manifest]);
    assert.deepEqual(tellDiff(tableDiff(BEFORE, other)), [
      "- hello",
      "+ other",
      `    version  v1 (${other[0]?.manifest.version})`,
      "    code     1 B",
      "    routes   +/other/*",
      "    regions  +all",
    ]);
  });

  it("names some of many", () => {
    const names = Array.from({ length: 20 }, (_, index) => [`V${index + 10}`, ""] as const);
    const [line] = told(now({ env: Object.fromEntries(names) }));
    assert.equal(line, "env  +V10  +V11  +V12  +V13  +V14  +V15  +V16  +V17  +12 more");
  });
});
