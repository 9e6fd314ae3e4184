import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { initMany, isMade, resourcesByPart } from "./manyRegions.ts";
import { PlanProject, type PlanStep } from "./project.ts";

/** What one region may have with everything on. */
const RESOURCES_PER_REGION_MAX = 90;
const SIZES = [3, 10, 30] as const;

describe("fleets of 3, 10 and 30 regions", () => {
  const project = new PlanProject();
  const plans = new Map<number, readonly PlanStep[]>();
  after(() => project.dispose());

  for (const regions of SIZES) {
    it(`${regions} regions are planned`, async () => {
      const stack = await initMany(project, regions);
      plans.set(regions, await project.preview(stack));
    });
  }

  it("grow by the same number of resources for each region, at most 90", (t) => {
    const [few = 0, more = 0, most = 0] = SIZES.map((size) => plans.get(size)?.filter(isMade).length);
    const each = (more - few) / (SIZES[1] - SIZES[0]);
    t.diagnostic(`${few}, ${more} and ${most} resources: ${each} for each region more`);
    assert.equal((most - more) / (SIZES[2] - SIZES[1]), each);
    assert.ok(each > 0);
    assert.ok(each <= RESOURCES_PER_REGION_MAX, `${each} resources per region`);
  });

  it("have the same parts in each region but home's", (t) => {
    const plan = plans.get(3) ?? [];
    const parts = resourcesByPart(plan, "ap-east-1");
    for (const [part, count] of parts) t.diagnostic(`${part}: ${count}`);
    assert.ok(parts.size > 5);
    assert.deepEqual(resourcesByPart(plan, "ap-east-2"), parts);
  });
});
