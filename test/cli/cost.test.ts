import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestProject } from "./edgeCommand.ts";

const STACK = `config:
  edge-fleet:target: aws
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    af-south-1: { continents: [AF], nodes: 1 }
    us-east-1: { continents: [EU, AS, OC, NA, SA, AN], default: true, nodes: 2 }
  edge-fleet:aws:
    home: us-east-1
    instances: { types: [t4g.large] }
    certificateSecret: edge/test/certificate
`;

describe("edge cost", { timeout: 180_000 }, () => {
  it("shows what a stack in AWS costs by region and part, with the sources of its prices", async () => {
    using project = new TestProject();
    project.write("stacks/Pulumi.cloud.yaml", STACK);
    const text = await project.edge(["cost", "--env", "cloud"]);
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /^\$ a month +af-south-1 +us-east-1$/m);
    assert.match(text.stdout, /^nodes +63\.29 +98\.11$/m);
    assert.match(text.stdout, /^load balancer +\? +/m);
    assert.match(text.stdout, /^at least \$\d+\.\d\d a month/m);
    const json = await project.edge(["cost", "--env", "cloud", "--json"]);
    const { isWhole, sources, regions } = JSON.parse(json.stdout);
    assert.equal(isWhole, false);
    assert.match(sources.memory, /look it up/);
    assert.equal(regions[1].parts.nodes.source, "copy");
  });

  it("has nothing to say of a fleet on this machine", async () => {
    using project = new TestProject();
    const { code, stderr } = await project.edge(["cost"]);
    assert.equal(code, 1);
    assert.match(stderr, /stack local has target local, which costs nothing in AWS/);
  });
});
