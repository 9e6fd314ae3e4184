import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { offerProblems } from "./zones.ts";

describe("what regions have to offer", () => {
  const wanted = { zones: 3, instances: { types: ["c8g.large", "c7g.large"] } } as Parameters<typeof offerProblems>[1];
  const zones = ["a", "b", "c"].map((zone) => `eu-west-1${zone}`);

  it("is enough with a type in as many zones as are asked for", () => {
    assert.deepEqual(offerProblems([{ region: "eu-west-1", zones, fitting: zones }], wanted), []);
  });

  it("is told of all regions at once where it is not, with key, value and remedy", () => {
    const problems = offerProblems(
      [
        { region: "us-west-1", zones: ["us-west-1a", "us-west-1c"], fitting: ["us-west-1a", "us-west-1c"] },
        { region: "af-south-1", zones: ["af-south-1a", "af-south-1b", "af-south-1c"], fitting: [] },
        { region: "eu-west-1", zones, fitting: zones.slice(1) },
      ],
      wanted,
    );
    assert.deepEqual(problems, [
      "edge-fleet:aws.zones = 3: us-west-1 has 2 (us-west-1a, us-west-1c). Set 2, or leave the region out.",
      "edge-fleet:aws.instances.types = c8g.large, c7g.large: af-south-1 has none of them. Add one that it has.",
      "edge-fleet:aws.instances.types = c8g.large, c7g.large: eu-west-1 has them in eu-west-1b, eu-west-1c only, and edge-fleet:aws.zones is 3. Add a type that it has in more zones.",
    ]);
  });
});
