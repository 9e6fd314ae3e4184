import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PlanProject, WITHOUT_CHECKPOINTS } from "./project.ts";

describe("nodes are replaced wave after wave", () => {
  const project = new PlanProject();
  const stack = "staging";
  const resize = (cacheMb: number) => project.setConfig(stack, ["edge-fleet:size", "cacheMb"], cacheMb);
  after(() => project.dispose());
  before(async () => {
    await project.initStack(stack);
    project.setConfig(stack, ["edge-fleet:aws", "rollout"], { canary: "us-east-1", waveSize: 1 });
    const { code, output } = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(code, 0, output);
    assert.deepEqual(project.groups.seen, [], "new groups have the version that is wanted");
  });

  it("not in a later wave when the canary fails: the up names its region, and the rest is as it was", async () => {
    project.groups.failing = "us-east-1";
    resize(384);
    const { code, output } = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.notEqual(code, 0);
    assert.match(output, /region us-east-1: the roll ended as RollbackSuccessful: of the stand-in/);
    assert.match(output, /Regions of later waves keep the nodes they have/);
    assert.deepEqual(project.groups.seen, ["StartInstanceRefresh edge-staging-us-east-1 2"]);
  });

  it("the next up begins with the canary again, and goes on", async () => {
    project.groups.failing = null;
    project.groups.seen.length = 0;
    const { code, output } = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(code, 0, output);
    assert.deepEqual(project.groups.seen, [
      "StartInstanceRefresh edge-staging-us-east-1 2",
      "StartInstanceRefresh edge-staging-eu-central-1 2",
    ]);
    assert.deepEqual(await project.changes(stack), []);
  });
});
