import assert from "node:assert/strict";
import { it } from "node:test";
import { type NodeRollout, stepOf } from "./rollout.ts";

const node = (name: string, rest: Partial<NodeRollout>): NodeRollout => ({
  ...{ node: name, region: "eu-central-1", status: "active" },
  ...rest,
});

it("a region is done with its last node, and failed with the first that refuses", () => {
  const silent = node("b", { status: "silent" });
  assert.deepEqual(stepOf([node("a", {}), silent]), { state: "waiting", text: "1 of 2 nodes" });
  assert.deepEqual(stepOf([node("a", {}), node("b", {})]), { state: "done", text: "2 of 2 nodes" });
  const refusing = ["b", "c"].map((name) => node(name, { status: "refused", reason: "hello: no" }));
  assert.deepEqual(stepOf([node("a", {}), ...refusing, silent]), {
    ...{ state: "failed", text: "refused by b, c: hello: no" },
  });
});
