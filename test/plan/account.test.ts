import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { GLOBAL_TYPES } from "../../components/aws/places.ts";
import { PlanProject, WITHOUT_CHECKPOINTS } from "./project.ts";

describe("what is one per account, under the real engine", () => {
  const project = new PlanProject();
  const stack = "bootstrap";
  after(() => project.dispose());
  before(() => project.initStack(stack));

  it("is planned, taken over and made, and planned again with nothing to do", async (t) => {
    project.setConfig(stack, ["edge-fleet:account", "dockerHubSecret"], "ecr-pullthroughcache/docker-hub");
    const plan = await project.preview(stack);
    t.assert.snapshot(plan.map(({ op, urn }) => `${op} ${urn.split("::").slice(2).join("::")}`).sort());
    for (const { type, name, inputs } of plan.filter((step) => step.type.startsWith("aws:"))) {
      assert.equal(inputs.region === undefined, GLOBAL_TYPES.has(type), name);
    }
    const up = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(up.code, 0, up.output);
    assert.deepEqual(await project.changes(stack), []);
    const state = await project.state(stack);
    assert.deepEqual(
      state.filter(({ type }) => type === "aws:s3/bucket:Bucket").map(({ id }) => id),
      ["example-edge-state"],
    );
  });

  it("copies images to every other region, and to none twice", async () => {
    const [copies] = (await project.state(stack)).filter(({ type }) => type.includes("replicationConfiguration"));
    const configuration = copies?.inputs?.replicationConfiguration as
      | { readonly rules: readonly { readonly destinations: readonly { readonly region: string }[] }[] }
      | undefined;
    assert.deepEqual(
      configuration?.rules.flatMap(({ destinations }) => destinations.map(({ region }) => region)),
      ["af-south-1", "ap-northeast-1", "ap-southeast-2", "eu-central-1", "sa-east-1"],
    );
  });

  it("cannot be destroyed by mistake", async () => {
    const { code, output } = await project.pulumi(["destroy", "--yes", "--skip-preview", "--stack", stack]);
    assert.notEqual(code, 0);
    assert.match(output, /protect/);
  });

  it("tells all that is wrong at once, before anything is made", async () => {
    project.setConfig(stack, ["edge-fleet:account", "home"], "eu-west-1");
    project.setConfig(stack, ["edge-fleet:account", "github", "repository"], "acme/*");
    const { code, output } = await project.pulumi(["preview", "--stack", stack]);
    assert.notEqual(code, 0);
    assert.match(output, /has 2 problems/);
    assert.match(output, /account\.home.*is not among/s);
    assert.match(output, /account\.github\.repository.*is not the name of a repository/s);
  });
});
