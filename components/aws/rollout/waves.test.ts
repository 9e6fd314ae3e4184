import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { RegionConfig } from "../../config/fleetConfig.ts";
import { planWaves } from "./waves.ts";

const region = (name: string, nodes: number, retire = false) => ({ name, nodes, retire }) as RegionConfig;
const REGIONS = [region("us-east-1", 3), region("eu-central-1", 3), region("sa-east-1", 2), region("af-south-1", 2)];

describe("the waves of a rollout", () => {
  it("begin with the canary alone, then the smallest regions", () => {
    assert.deepEqual(planWaves(REGIONS, { waveSize: 2 }), [
      ["af-south-1"],
      ["sa-east-1", "eu-central-1"],
      ["us-east-1"],
    ]);
    assert.deepEqual(planWaves(REGIONS, { canary: "us-east-1", waveSize: 5 }), [
      ["us-east-1"],
      ["af-south-1", "sa-east-1", "eu-central-1"],
    ]);
  });

  it("leave regions that retire for the end", () => {
    const regions = [...REGIONS, region("ap-east-1", 1, true)];
    assert.deepEqual(planWaves(regions, { waveSize: 9 }).at(-1)?.at(-1), "ap-east-1");
  });

  it("have every region once", () => {
    const names = ["us-east-1", "eu-central-1", "sa-east-1", "af-south-1", "ap-south-1"];
    const some = fc.subarray(names).map((chosen) => chosen.map((name, index) => region(name, 1 + (index % 3))));
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 6 }), (regions, waveSize) => {
        const planned = planWaves(regions, { waveSize });
        assert.deepEqual(planned.flat().sort(), regions.map(({ name }) => name).sort());
        assert.ok(planned.every((wave, index) => wave.length <= (index === 0 ? 1 : waveSize)));
      }),
    );
  });
});
