import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { LIMITS } from "@edge-fleet/runner/limits";
import type { Checkout } from "../checkout.ts";
import { request } from "../client.ts";
import { SteadyLoad } from "../load.ts";

const HOSTILE: Readonly<Record<string, { source: string; limit: string; statuses: readonly number[] }>> = {
  loop: {
    source: "export default { fetch() { for (;;); } };",
    limit: "cpuMs",
    statuses: [LIMITS.cpuMs.status],
  },
  hog: {
    source: "export default { fetch() { const all = []; for (;;) all.push(new Array(100_000).fill({})); } };",
    limit: "heapMb",
    statuses: [LIMITS.heapMb.status],
  },
};

const ATTACKS = process.env.EDGE_TEST_FULL === "1" ? 20 : 3;

/** Adds what breaks limits to a fleet that does not run yet. */
export function addHostile(checkout: Checkout): void {
  // Enough time to use up the processor's on a busy machine, and to fill a small heap.
  checkout.setConfig(["edge-fleet:functions", "loop"], { limits: { wallMs: 30_000 } });
  checkout.setConfig(["edge-fleet:functions", "hog"], { limits: { heapMb: 32, cpuMs: 10_000, wallMs: 30_000 } });
  for (const [name, { source }] of Object.entries(HOSTILE)) {
    fs.writeFileSync(path.join(checkout.dir, `functions/${name}.ts`), source);
  }
}

/** What becomes of it. */
export function limits(checkout: Checkout): void {
  describe("a function that breaks a limit", () => {
    for (const [name, { limit, statuses }] of Object.entries(HOSTILE)) {
      it(`is stopped and told by ${limit}, and its neighbour's requests all succeed meanwhile`, async (t) => {
        const load = new SteadyLoad(checkout, {
          regions: ["us-east-1"],
          path: "/hello",
          perSecond: 50,
          longestMs: 120_000,
        });
        for (let attack = 0; attack < ATTACKS; attack++) {
          const answer = await request(checkout, "us-east-1", `/${name}`);
          assert.ok(statuses.includes(answer.status), `${answer.status} ${answer.body}`);
          assert.equal(JSON.parse(answer.body).error.limit, limit);
        }
        const samples = await load.stop();
        const failed = samples.filter(({ answer }) => answer?.status !== 200);
        assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${samples.length} failed`);
        const slowest = Math.max(...samples.map(({ sentAt, answeredAt }) => answeredAt - sentAt));
        t.diagnostic(`${samples.length} requests of the neighbour, the slowest ${Math.round(slowest)} ms`);
      });
    }

    it("is counted by name and limit", async () => {
      const url = `http://${checkout.address("us-east-1")}:${checkout.ports.runnerAdmin}/metrics`;
      const metrics = await (await fetch(url)).text();
      for (const { limit } of Object.values(HOSTILE))
        assert.ok(metrics.includes(`limit="${limit}"`), `${limit} is not counted`);
    });
  });
}
