import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functionOf, releasedOf } from "../release/fixtures.ts";
import type { FunctionManifest, ReleasedFunction } from "../release/types.ts";
import { doorFunctions, entryLines, entryOf, NONE, policiesOf, previewLines } from "./doorFunction.ts";
import { NO_POLICIES, policyId } from "./policies.ts";

const POLICIES = { ...NO_POLICIES, bodyBytes: 10 };
const OTHERS = { ...NO_POLICIES, bodyBytes: 20 };
const ID = policyId("f", POLICIES);

/** What the door knows of a function that has this stable version and whatever else. */
function known(manifest: Partial<FunctionManifest>, more: Partial<ReleasedFunction> = {}, region = "eu") {
  const [released] = releasedOf([functionOf("f", "stable").manifest]) as [ReleasedFunction];
  const all = { ...released, ...more, manifest: { ...released.manifest, version: "one", ...manifest } };
  return doorFunctions([all], region)[0];
}

const candidate = (more: Partial<FunctionManifest> = {}) => ({
  split: {
    number: 2,
    manifest: { ...functionOf("f", "candidate").manifest, version: "two", ...more },
    percent: 12.5,
    guard: null,
  },
});
const linesOf = (found = known({})) =>
  Object.fromEntries([...entryLines(found ?? assert.fail())].map(([key, value]) => [key.replace(/^.*\./, ""), value]));

describe("what the door knows of a function", () => {
  it("is nothing where nothing is asked and there is one version", () => {
    assert.equal(entryOf(known({}) ?? assert.fail()), NONE);
    assert.deepEqual(linesOf(), {});
  });

  it("is its policies alone where there is one version", () => {
    const found = known({ policies: POLICIES }) ?? assert.fail();
    assert.equal(entryOf(found), ID);
    assert.deepEqual([linesOf(found), policiesOf(found)], [{}, [POLICIES, POLICIES]]);
  });

  it("is both versions of a split, its shares, and the policies of each", () => {
    const found = known({ policies: POLICIES }, candidate({ policies: OTHERS }));
    const shares = { stable: ID, split: "1250", name: "f", candidate: policyId("f", OTHERS), next: "two" };
    assert.deepEqual(linesOf(found), shares);
    assert.deepEqual(linesOf(known({}, candidate())), { ...shares, stable: NONE, candidate: NONE });
  });

  it("is the stable version too where copies of versions are apart", () => {
    for (const onDeploy of ["scope", "purge"] as const) {
      assert.deepEqual(linesOf(known({ cache: { onDeploy } })), { stable: NONE, version: "one" });
    }
    assert.deepEqual(linesOf(known({ cache: { onDeploy: "keep" } })), {});
  });

  it("is another entry with each change of shares, versions and policies", () => {
    const all = [
      known({}, candidate()),
      known({}, { split: { ...candidate().split, percent: 13 } }),
      known({}, candidate({ version: "three" })),
      known({}, candidate({ policies: OTHERS })),
      known({ policies: POLICIES }, candidate()),
      known({ cache: { onDeploy: "scope" } }, candidate()),
    ].map((found) => entryOf(found ?? assert.fail()));
    assert.equal(new Set(all).size, all.length);
  });

  it("is of its region: a candidate that is elsewhere is none, a function that is elsewhere is not there", () => {
    assert.deepEqual(linesOf(known({}, candidate({ regions: ["us"] }))), {});
    assert.equal(known({ regions: ["us"] }), undefined);
  });

  it("is which policies each version's own address asks for", () => {
    const previews = [
      { number: 9, manifest: { ...functionOf("f", "9").manifest, policies: OTHERS } },
      { number: 8, manifest: functionOf("f", "8").manifest },
    ];
    const found = known({ policies: POLICIES }, { previews }) ?? assert.fail();
    assert.deepEqual(
      [...previewLines(found)],
      [
        ["p:v1--f", ID],
        ["p:v9--f", policyId("f", OTHERS)],
      ],
    );
  });
});
