import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { type Checkout, REGIONS } from "../checkout.ts";
import { request, until } from "../client.ts";

const TALK = `export default {
  fetch(request: Request) {
    console.warn("asked for", new URL(request.url).pathname);
    return new Response("talk");
  },
};
`;

/** Adds a function that logs to a fleet that does not run yet. */
export function addTalk(checkout: Checkout): void {
  fs.writeFileSync(path.join(checkout.dir, "functions/talk.ts"), TALK);
}

/** What the `edge` command tells of a fleet that runs. */
export function edgeCommand(checkout: Checkout): void {
  describe("the edge command on a fleet", () => {
    it("says that every node is up and serves the release", async () => {
      const { code, data } = await edge(checkout, "status");
      const [status] = data as [
        { nodes: Record<string, unknown>[]; release: number; skew: number[]; limitsFired: unknown },
      ];
      assert.equal(code, 0, JSON.stringify(status));
      assert.deepEqual(
        status.nodes.map(({ region }) => region),
        [...REGIONS].sort(),
      );
      for (const node of status.nodes)
        assert.deepEqual([node.state, node.release, node.behind], ["up", status.release, 0]);
      assert.deepEqual([status.skew, status.limitsFired], [[], []]);
    });

    it("shows what functions log, of all regions", async () => {
      for (const region of REGIONS) await request(checkout, region, `/talk/${region}`);
      await until("every region's line is there", 60_000, async () => {
        const { data } = await edge(checkout, "logs", "--function", "talk", "--level", "warn");
        return REGIONS.every((region) =>
          data.some((line) => line.region === region && line.message === `asked for /talk/${region}`),
        );
      });
    });

    it("counts requests once Prometheus has seen them", async () => {
      await until("talk has requests in the figures", 60_000, async () => {
        await request(checkout, "eu-central-1", `/talk/${Math.random()}`);
        const { code, data } = await edge(checkout, "stats", "--over", "1m", "--function", "talk");
        const [stats] = data as [{ functions: { function: string; requests: number; p50Ms: number | null }[] }];
        return (
          code === 0 && stats.functions.some((one) => one.function === "talk" && one.requests > 0 && one.p50Ms !== null)
        );
      });
    });

    it("measures each region to each", async () => {
      const { code, data } = await edge(checkout, "probe");
      const [{ roundTripMs }] = data as [{ roundTripMs: Record<string, Record<string, number | null>> }];
      assert.equal(code, 0);
      for (const from of REGIONS)
        assert.equal(Object.values(roundTripMs[from] ?? {}).filter((ms) => ms !== null).length, REGIONS.length - 1);
    });
  });
}

/** What it tells of the same fleet afterwards. */
export function edgeCommandWithoutFleet(checkout: Checkout): void {
  describe("the edge command on a fleet that is down", () => {
    it("says that every node is down", async () => {
      const { code } = await checkout.npm("stop");
      assert.equal(code, 0);
      const status = await edge(checkout, "status");
      assert.equal(status.code, 1);
      const [{ nodes }] = status.data as [{ nodes: { state: string }[] }];
      assert.deepEqual(
        nodes.map(({ state }) => state),
        REGIONS.map(() => "down"),
      );
    });
  });
}

/** `edge …` in the checkout by whatever Node the machine has, with the data that it prints. */
async function edge(checkout: Checkout, ...args: string[]): Promise<{ code: number; data: Record<string, unknown>[] }> {
  const { code, output } = await checkout.run(path.join(checkout.dir, "node_modules/.bin/edge"), [...args, "--json"]);
  const isStream = args[0] === "logs";
  return {
    code,
    data: isStream
      ? output
          .trim()
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      : [JSON.parse(output)],
  };
}
