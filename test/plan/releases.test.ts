import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, describe, it } from "node:test";
import type { CloudOutputs } from "../../components/aws/cloudOutputs.ts";
import { changeRelease } from "../../runner/release/changeRelease.ts";
import { deployedBy } from "../../runner/release/fixtures.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { setStatus } from "../../runner/release/tableChanges.ts";
import { PlanProject } from "./project.ts";

const STACK = "dev";

/** A fleet of one region, changed by one test after the other. */
describe("functions and releases of a cloud fleet", () => {
  const project = new PlanProject();
  const told = (output: string, ...words: readonly string[]) => {
    const at = output.split("\n").findIndex((line) => words.every((word) => line.includes(word)));
    assert.notEqual(at, -1, `no line has ${words.join(" and ")}`);
    return at;
  };
  const changes = async () => (await project.changes(STACK)).map(({ op, name }) => `${op} ${name}`).sort();
  const store = () =>
    openStore(
      `s3://edge-dev-123456789012-eu-central-1/?region=eu-central-1&endpoint=${encodeURIComponent(project.moto.endpoint)}`,
    );
  /** A command that somebody ran meanwhile. */
  async function disable(name: string): Promise<void> {
    const deployed = deployedBy("ann", "it burns");
    const signer = project.releaseKey;
    await changeRelease(await store(), setStatus(name, "disabled", deployed), { deployed, signer });
  }

  before(() => project.initStack(STACK));
  after(() => project.dispose());

  it("come after the buckets and before any machine; an up that ends between them goes on", async () => {
    const failed = await project.up(STACK, { EDGE_STAND_IN_FAIL: "create:bucketPolicy:BucketPolicy" });
    assert.notEqual(failed.code, 0);
    const made = (await project.state(STACK)).map(({ type }) => type);
    assert.ok(made.includes("aws:s3/bucket:Bucket") && !made.some((type) => type.endsWith("edge:FunctionStore")));
    assert.ok(!made.includes("aws:autoscaling/group:Group"));

    const { code, output } = await project.up(STACK);
    assert.equal(code, 0, output);
    const written = told(output, "edge:FunctionStore", "created");
    assert.ok(told(output, "aws:s3:BucketPolicy", "created") < told(output, "edge:FunctionStore", "creating"));
    assert.ok(written < told(output, "aws:ec2:LaunchTemplate", "creating"));
    assert.ok(written < told(output, "aws:autoscaling:Group", "creating"));
    assert.deepEqual(await changes(), []);
  });

  it("are in the outputs, and no key of theirs is in the state", async () => {
    const { output } = await project.pulumi(["stack", "output", "cloud", "--json", "--stack", STACK]);
    const cloud = JSON.parse(output) as Readonly<Record<keyof CloudOutputs, unknown>>;
    assert.match(JSON.stringify(cloud.regions), /"address":"[^"]+\.elb\.eu-central-1\.amazonaws\.com"/);
    assert.deepEqual(
      { ...cloud, regions: null },
      {
        url: "https://dev.edge.example.com",
        regions: null,
        release: 1,
        generation: 1,
        store: "s3://edge-dev-123456789012-eu-central-1/?region=eu-central-1",
      },
    );
    assert.doesNotMatch(JSON.stringify(await project.state(STACK)), /PRIVATE KEY/);
  });

  it("change without any machine, and so does a function that is removed", async () => {
    const hello = project.path("functions/hello.ts");
    fs.writeFileSync(hello, fs.readFileSync(hello, "utf8").replace('"Hello"', '"Good day"'));
    fs.rmSync(project.path("functions/geo.ts"));
    assert.deepEqual(await changes(), [
      "delete edge-aws-release-geo",
      "update edge-aws-release",
      "update edge-aws-release-hello",
    ]);
    const { code, output } = await project.up(STACK);
    assert.equal(code, 0, output);
    assert.equal((await (await store()).readCurrent())?.current.release, 2);
  });

  it("are shown by a refresh as commands have left them, and the next up does with them what the config says", async () => {
    await disable("hello");
    const refreshed = await project.pulumi(["refresh", "--yes", "--skip-preview", "--stack", STACK]);
    assert.equal(refreshed.code, 0, refreshed.output);
    const live = (await project.state(STACK)).find(({ urn }) => urn.endsWith("edge-aws-release-hello"))?.outputs?.live;
    assert.equal(live, "v2, disabled");
    assert.deepEqual(await changes(), [], "an up for something else leaves it");

    project.setConfig(STACK, ["edge-fleet:drift"], "refuse");
    const refused = await project.pulumi(["preview", "--stack", STACK]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /hello is at v2, disabled, by ann at .*: it burns/);
    project.setConfig(STACK, ["edge-fleet:drift"], "reassert");
    const again = await project.up(STACK);
    assert.equal(again.code, 0, again.output);
    assert.deepEqual(await changes(), []);
    project.setConfig(STACK, ["edge-fleet:drift"], undefined);
  });

  it("fail the preview by file and line where they cannot start, or name a secret that nodes may not read", async () => {
    project.setConfig(STACK, ["edge-fleet:functions", "hello", "secrets"], { KEY: "secretsmanager:payments" });
    const unreadable = await project.pulumi(["preview", "--stack", STACK]);
    assert.notEqual(unreadable.code, 0);
    assert.match(unreadable.output, /secretsmanager:payments \(KEY of hello\).* must begin with edge-fleet\/dev\//);
    project.setConfig(STACK, ["edge-fleet:functions"], undefined);

    fs.appendFileSync(project.path("functions/hello.ts"), "\nthrow new Error('at its top level');\n");
    const broken = await project.pulumi(["preview", "--stack", STACK]);
    assert.notEqual(broken.code, 0);
    assert.match(broken.output, /functions\/hello\.ts:\d+:\d+.*it cannot start: .*at its top level/);
  });
});
