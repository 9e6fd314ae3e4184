import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PlanProject } from "./project.ts";

describe("a stack config with mistakes", () => {
  const project = new PlanProject();
  const stack = "dev";
  after(() => project.dispose());
  before(() => project.initStack(stack));

  it("is refused with all of them in one message, before anything is made", async () => {
    const before = project.readConfig(stack);
    const set = (keys: readonly string[], value: unknown) => project.setConfig(stack, keys, value);
    set(["edge-fleet:regions"], {
      "eu-central-1": { continents: ["EU", "AF", "AS", "OC", "NA", "SA", "AN"], countries: ["JP"], default: true },
      "us-east-1": { countries: ["JP"], default: true, cidr: "10.18.0.0/16" },
      "eu-central-9": {},
    });
    set(["edge-fleet:aws", "instances"], { types: ["c7g.large", "c7i.large"] });
    set(["edge-fleet:aws", "zone"], 2);
    const { code, output } = await project.up(stack);
    project.writeConfig(stack, before);
    assert.notEqual(code, 0);
    for (const [key, problem] of [
      ["edge-fleet:regions.eu-central-9", "is not a known AWS region"],
      ["edge-fleet:regions.us-east-1.cidr", "overlaps 10.18.0.0/16, the network of eu-central-1"],
      [
        "edge-fleet:regions.us-east-1.countries",
        "claims JP, which edge-fleet:regions.eu-central-1.countries claims too",
      ],
      ["edge-fleet:regions.us-east-1.default", "is true, and edge-fleet:regions.eu-central-1.default is too"],
      ["edge-fleet:aws.instances.types[1]", "is x86_64, and edge-fleet:aws.architecture is arm64"],
      ["edge-fleet:aws.zone", "is not a known key"],
    ] as const) {
      assert.ok(output.includes(key) && output.includes(problem), `${key} ${problem}\n\n${output}`);
    }
    assert.match(output, /has 6 problems/);
    assert.deepEqual(
      (await project.state(stack)).filter(({ type }) => type !== "pulumi:pulumi:Stack"),
      [],
    );
  });

  it("that asks for more zones than a region has is refused by the look-up, and no network is made", async () => {
    const before = project.readConfig(stack);
    project.setConfig(stack, ["edge-fleet:regions", "us-west-1"], { countries: ["US"] });
    project.setConfig(stack, ["edge-fleet:aws", "zones"], 3);
    const { code, output } = await project.up(stack);
    project.writeConfig(stack, before);
    assert.notEqual(code, 0);
    assert.match(output, /edge-fleet:aws\.zones = 3: us-west-1 has 2 \(us-west-1a, us-west-1c\)\. Set 2/);
    const made = (await project.state(stack)).map(({ type }) => type);
    assert.deepEqual(
      made.filter((type) => /^aws:.*:(Subnet|LoadBalancer|Group)$/.test(type)),
      [],
    );
  });
});
