import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionOf, releasedOf, scratchFolder } from "@edge-fleet/runner/release/fixtures";
import { backTo, deploySplit, setStatus } from "@edge-fleet/runner/release/tableChanges";
import { readManifests, writeManifests } from "../functions/manifestFiles.ts";
import { summaryOf } from "./edgeFunction.ts";
import { showLive } from "./edgeFunctionProvider.ts";

const { manifest } = functionOf("hello", "1");
const DEPLOYED = { by: "ann", at: "2026-01-02T03:04:05Z", reason: "a look", commit: null };

describe("what a plan shows of a function", () => {
  it("is what people decide and how much it is, never a value, a hash of a module, or code", () => {
    const summary = summaryOf({
      ...manifest,
      env: { TOKEN: "hidden" },
      bindings: { NOTES: { kind: "kv", name: "notes" } },
      assets: [{ name: "/logo.png", sha256: "a".repeat(64), bytes: 12_345 }],
    });
    assert.deepEqual(
      [summary.code, summary.assets, summary.routes, summary.env, summary.bindings],
      ["1 B", "1 of 12.3 KB", ["/hello/*"], ["TOKEN"], { NOTES: "kv notes" }],
    );
    assert.equal(summary.limits.cpuMs, manifest.limits.cpuMs);
    assert.doesNotMatch(JSON.stringify(summary), /hidden|sha256|[0-9a-f]{64}/);
  });
});

describe("what is live of a function", () => {
  const [hello] = releasedOf([manifest]);
  assert.ok(hello !== undefined);
  const liveAfter = (change: ReturnType<typeof setStatus>) => showLive(change([hello])[0], manifest.version);

  it("is its version, and what differs from what is declared", () => {
    assert.equal(showLive(hello, manifest.version), "v1");
    assert.equal(showLive(undefined, manifest.version), "not deployed");
    assert.equal(liveAfter(setStatus("hello", "disabled", DEPLOYED)), "v1, disabled");
    const other = functionOf("hello", "2").manifest;
    const split = deploySplit(other, { percent: 10, guard: null, deployed: DEPLOYED });
    assert.equal(liveAfter(split), "v1, 10 % of its visitors get v2");
    assert.equal(
      liveAfter(backTo("hello", { number: 2, manifest: other }, DEPLOYED)),
      "v2, not as declared: by ann at 2026-01-02T03:04:05Z (a look)",
    );
  });
});

it("manifests are found by their versions, and missed by name", async (t) => {
  const folder = await scratchFolder(t);
  await writeManifests(folder, [manifest]);
  assert.deepEqual(readManifests(folder, { hello: manifest.version }), [manifest]);
  assert.throws(
    () => readManifests(folder, { hello: "0".repeat(16) }),
    /hello-0{16}\.json is missing: run `pulumi up` again/,
  );
});
