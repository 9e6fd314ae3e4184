import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PlanProject, WITHOUT_CHECKPOINTS } from "./project.ts";

describe("what a change of the config changes in a fleet that is there", () => {
  const project = new PlanProject();
  const stack = "staging";
  after(() => project.dispose());
  before(async () => {
    await project.initStack(stack);
    const { code, output } = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(code, 0, output);
  });

  /** The plan after a change that is taken back again, as `operation name`. */
  async function planWith(keys: readonly string[], value: unknown): Promise<string[]> {
    const before = project.readConfig(stack);
    project.setConfig(stack, keys, value);
    try {
      const steps = await project.changes(stack);
      return steps.map(({ op, name }) => `${op} ${name}`).sort();
    } finally {
      project.writeConfig(stack, before);
    }
  }

  const both = (...lines: string[]) =>
    ["eu-central-1", "us-east-1"].flatMap((region) => lines.map((line) => line.replace("REGION", region))).sort();

  it("a node's own files: a new bundle and a new version of each launch template, the rollouts, and nothing else", async () => {
    assert.deepEqual(
      await planWith(["edge-fleet:size", "cacheMb"], 384),
      both("replace edge-aws-REGION-bundle", "update edge-aws-REGION-nodes-template", "update edge-aws-rollout-REGION"),
    );
  });

  it("a runner's image: the same, once the image is there", async () => {
    const steps = await planWith(["edge-fleet:aws", "images", "runner"], `sha256:${"9".repeat(64)}`);
    assert.deepEqual(
      new Set(steps.map((step) => step.replace(/^\S+ edge-aws-|-?[a-z]+-[a-z]+-1-?/g, ""))),
      new Set(["bundle", "images", "nodes-template", "rollout"]),
    );
  });

  it("the machines' image: a new version of each launch template, and the rollouts", async () => {
    assert.deepEqual(
      await planWith(["edge-fleet:aws", "machineImage", "serial"], "20261114"),
      both("update edge-aws-REGION-nodes-template", "update edge-aws-rollout-REGION"),
    );
  });

  it("how many nodes there are at most: the group alone", async () => {
    assert.deepEqual(await planWith(["edge-fleet:regions", "us-east-1", "maxNodes"], 9), [
      "update edge-aws-us-east-1-nodes-group",
    ]);
  });

  it("a region more: what is new is in it, and the others learn of it", async () => {
    const steps = await planWith(["edge-fleet:regions", "ap-northeast-1"], { countries: ["JP"] });
    const changed = steps.filter((step) => !step.includes("ap-northeast-1"));
    assert.deepEqual(
      changed,
      [
        // Neighbours can fail over to it, and their nodes may read the copy of the store that it has.
        ...both(
          "replace edge-aws-REGION-bundle",
          "update edge-aws-REGION-nodes-template",
          "update edge-aws-rollout-REGION",
        ),
        "update edge-aws-nodes-role",
        "update edge-aws-store-replication",
        "update edge-aws-store-replication",
      ].sort(),
    );
    assert.ok(steps.length > 60);
    assert.ok(steps.every((step) => changed.includes(step) || step.startsWith("create ")));
  });

  it("a region that retires loses its protections, and one that is gone is deleted", async () => {
    project.setConfig(stack, ["edge-fleet:aws", "protect"], true);
    const { code, output } = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(code, 0, output);
    const config = project.readConfig(stack);
    project.setConfig(
      stack,
      ["edge-fleet:regions", "us-east-1", "continents"],
      ["NA", "SA", "AN", "EU", "AF", "AS", "OC"],
    );
    project.setConfig(stack, ["edge-fleet:regions", "eu-central-1", "continents"], []);
    project.setConfig(stack, ["edge-fleet:regions", "eu-central-1", "retire"], true);
    const retired = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(retired.code, 0, retired.output);
    project.setConfig(stack, ["edge-fleet:regions", "eu-central-1"], undefined);
    const gone = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(gone.code, 0, gone.output);
    const left = (await project.state(stack)).map(({ urn }) => urn);
    assert.deepEqual(
      left.filter((urn) => urn.includes("eu-central-1")),
      [],
    );
    project.writeConfig(stack, config);
    const again = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(again.code, 0, again.output);
  });
});

describe("an up that does not get to its end", () => {
  const project = new PlanProject();
  const stack = "dev";
  after(() => project.dispose());
  before(() => project.initStack(stack));

  it("leaves what was made, and the next one makes the rest", async () => {
    const failed = await project.up(stack, { EDGE_STAND_IN_FAIL: "create:loadBalancer:LoadBalancer" });
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, /the stand-in was told to fail create/);
    const made = (await project.state(stack)).map(({ urn }) => urn);
    assert.ok(made.some((urn) => urn.includes("ec2/vpc:Vpc")));
    assert.ok(!made.some((urn) => urn.includes("loadBalancer:LoadBalancer")));
    const { code, output } = await project.up(stack);
    assert.equal(code, 0, output);
    assert.deepEqual(await project.changes(stack), []);
  });
});

describe("what was not looked up yet", () => {
  const project = new PlanProject();
  after(() => project.dispose());

  it("is warned of in a preview, and an up refuses before anything is made", async () => {
    await project.initStack("dev");
    project.setConfig("dev", ["edge-fleet:aws", "machineImage"], undefined);
    const preview = await project.pulumi(["preview", "--stack", "dev"]);
    assert.equal(preview.code, 0, preview.output);
    assert.match(preview.output, /edge-fleet:aws\.machineImage\.serial is null: no Ubuntu image is chosen/);
    const up = await project.up("dev");
    assert.notEqual(up.code, 0);
    assert.match(up.output, /machineImage\.serial is null/);
    const made = (await project.state("dev")).map(({ type }) => type);
    assert.deepEqual(
      made.filter((type) => type.startsWith("aws:")),
      [],
    );
  });
});
