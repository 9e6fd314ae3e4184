import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { GLOBAL_TYPES } from "../../components/aws/places.ts";
import { PlanProject, type PlanStep, type StateResource, WITHOUT_CHECKPOINTS } from "./project.ts";

/** Regions of the shipped stacks. */
const STACKS = { dev: 1, staging: 2, prod: 6 } as const;
/** With everything that this version declares on; what is to come has room below 90. */
const RESOURCES_PER_REGION_MAX = 90;

const isComponent = ({ type }: PlanStep) => type.startsWith("edge-fleet:") || type.startsWith("pulumi:");

describe("the shipped stacks under the real engine, with stand-ins at the cloud's border", () => {
  const project = new PlanProject();
  after(() => project.dispose());
  before(async () => {
    for (const stack of Object.keys(STACKS)) await project.initStack(stack);
  });

  it("names no stand-in in the Pulumi.yaml that is shipped", () => {
    const shipped = fs.readFileSync(path.join(import.meta.dirname, "../../Pulumi.yaml"), "utf8");
    assert.doesNotMatch(shipped, /plugins|stand/i);
  });

  for (const [stack, regions] of Object.entries(STACKS)) {
    it(`${stack} is planned, made, planned again with nothing to do, refreshed and destroyed`, async (t) => {
      const plan = await project.preview(stack);
      assert.deepEqual(new Set(plan.map(({ op }) => op)), new Set(["create"]));
      t.assert.snapshot(plan.map(({ urn }) => urn.split("::").slice(2).join("::")).sort());
      const declared = plan.filter((step) => !isComponent(step));
      refuseWithoutRegion(declared);

      const up = await project.up(stack, WITHOUT_CHECKPOINTS);
      assert.equal(up.code, 0, up.output);
      assert.deepEqual(await project.changes(stack), []);
      const state = await project.state(stack);
      // The engine adds the provider of what names none.
      const made = state.filter(({ urn }) => !/pulumi:providers:.*::default/.test(urn));
      assert.deepEqual(made.map(({ urn }) => urn).sort(), plan.map(({ urn }) => urn).sort());
      assert.doesNotMatch(JSON.stringify(state), /BEGIN [A-Z ]*PRIVATE|stand-in-password/);
      refuseUnwatchedRolls(state);
      const perRegion = declared.filter(({ name }) => /-[a-z]+-\d-/.test(name)).length / regions;
      t.diagnostic(`${stack}: ${declared.length} resources, ${perRegion.toFixed(1)} of each region`);
      assert.ok(perRegion <= RESOURCES_PER_REGION_MAX, `${perRegion} resources per region`);

      const refreshed = await project.pulumi(
        ["refresh", "--yes", "--skip-preview", "--stack", stack],
        WITHOUT_CHECKPOINTS,
      );
      assert.equal(refreshed.code, 0, refreshed.output);
      assert.deepEqual(await project.changes(stack), [], "a refresh found what nobody changed");
      await openToDeletion(stack);
      const destroyed = await project.pulumi(
        ["destroy", "--yes", "--skip-preview", "--stack", stack],
        WITHOUT_CHECKPOINTS,
      );
      assert.equal(destroyed.code, 0, destroyed.output);
      assert.deepEqual(await project.state(stack), []);
    });
  }

  /** As whoever deletes a whole fleet must: buckets that are protected are not emptied. */
  async function openToDeletion(stack: string): Promise<void> {
    await project.unprotect(stack);
    if (stack !== "prod") return;
    const config = project.readConfig(stack);
    project.setConfig(stack, ["edge-fleet:aws", "production"], undefined);
    const up = await project.up(stack, WITHOUT_CHECKPOINTS);
    assert.equal(up.code, 0, up.output);
    project.writeConfig(stack, config);
  }

  it("builds the images of ours when nobody gives their digests, and keeps the registry's password out of the state", async () => {
    project.setConfig("dev", ["edge-fleet:aws", "images"], undefined);
    const up = await project.up("dev", WITHOUT_CHECKPOINTS);
    assert.equal(up.code, 0, up.output);
    const state = await project.state("dev");
    assert.equal(state.filter(({ type }) => type === "docker:index/image:Image").length, 2);
    assert.doesNotMatch(JSON.stringify(state), /stand-in-password/);
    // The password is another at each run.
    assert.deepEqual(await project.changes("dev"), []);
  });

  it("protects what holds state in prod", async () => {
    const plan = await project.preview("prod");
    const balancers = plan.filter(({ type }) => type === "aws:lb/loadBalancer:LoadBalancer");
    assert.equal(balancers.length, STACKS.prod);
    for (const { inputs } of balancers) assert.equal(inputs.enableDeletionProtection, true);
    for (const { inputs } of plan.filter(({ type }) => type === "aws:s3/bucket:Bucket")) {
      assert.equal(inputs.forceDestroy, false);
    }
  });
});

/** Each roll ends by alarms of its own region, which are there. */
function refuseUnwatchedRolls(state: readonly StateResource[]): void {
  const alarms = state.filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm");
  const rolls = state.filter(({ urn }) => /edge-fleet:aws:Rollouts\$[^:]+:[^:]+:[^:]+::/.test(urn));
  for (const { urn, inputs } of rolls) {
    const names = inputs?.alarmNames as readonly string[];
    assert.equal(names.length, 2, urn);
    for (const name of names) {
      assert.equal(alarms.find(({ outputs }) => outputs?.name === name)?.inputs?.region, inputs?.region, urn);
    }
  }
  assert.ok(rolls.length > 0);
}

function refuseWithoutRegion(declared: readonly PlanStep[]): void {
  for (const { type, name, inputs } of declared.filter((step) => step.type.startsWith("aws:"))) {
    if (GLOBAL_TYPES.has(type)) assert.equal(inputs.region, undefined, `${name} is global and has a region`);
    else assert.match(String(inputs.region), /^[a-z]+-[a-z]+-\d$/, `${name} (${type}) does not say its region`);
  }
}
