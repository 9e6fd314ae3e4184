import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import type { Checkout } from "../checkout.ts";
import { dig, until } from "../client.ts";

const REGION = "eu-central-1";
const GERMANY = "203.0.113.0/24";

/** A region of a fleet that runs gets a second node, and loses it again. */
export function farm(checkout: Checkout): void {
  const FIRST = checkout.address(REGION);
  const SECOND = FIRST.replace("127.0.", "127.1.");

  describe("a region of two nodes", () => {
    before(() => startWith(2));

    it("is both of them for DNS, by its own name too", async () => {
      const both = [FIRST, SECOND].sort().join();
      await until("both are well", 60_000, async () => (await answers("edge.test")) === both);
      assert.equal(await answers(`${REGION}.geo.edge.test`), both);
    });

    it("has each of them answer and acknowledge the release", async () => {
      for (const address of [FIRST, SECOND]) assert.equal(JSON.parse(await geo(address)).region, REGION);
      for (const node of [REGION, `${REGION}-2`]) {
        assert.ok(existsSync(join(checkout.stateDir, `store/acks/${node}.json`)), node);
      }
    });

    it("is scraped whole", async () => {
      const up = async (job: string) => {
        const query = encodeURIComponent(`count(up{job="${job}", region="${REGION}"} == 1)`);
        const answer = await fetch(`http://${checkout.hub}:${checkout.ports.prometheus}/api/v1/query?query=${query}`);
        const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
        return data.result[0]?.value[1];
      };
      for (const job of ["haproxy", "varnish", "runner", "agent"]) {
        await until(`both are scraped: ${job}`, 60_000, async () => (await up(job)) === "2");
      }
    });

    it("knows its sibling", async () => {
      for (const address of [FIRST, SECOND]) {
        await until("the agent has told HAProxy", 60_000, async () =>
          /^edge_agent_farm_siblings 1$/m.test(await agentMetrics(address)),
        );
      }
    });
  });

  describe("a region that loses a node by config", () => {
    it("goes on with the other one, none of whose programs is restarted", async () => {
      const before = checkout.servicePids(REGION);
      await startWith(1);
      assert.equal(existsSync(join(checkout.stateDir, `nodes/${REGION}-2`)), false);
      assert.deepEqual(checkout.servicePids(REGION), before);
      await until("the agent has told HAProxy", 60_000, async () =>
        /^edge_agent_farm_siblings 0$/m.test(await agentMetrics(FIRST)),
      );
      await until("DNS has one", 60_000, async () => (await answers("edge.test")) === FIRST);
    });
  });

  async function startWith(nodes: number): Promise<void> {
    checkout.setConfig(["edge-fleet:regions", REGION, "nodes"], nodes);
    const { code, output } = await checkout.npm("start");
    assert.equal(code, 0, output);
  }

  /** Addresses that a client in Germany gets, sorted. */
  async function answers(name: string): Promise<string> {
    return (await dig(checkout, GERMANY, name)).split("\n").sort().join();
  }

  async function geo(address: string): Promise<string> {
    const { output } = await checkout.run("curl", [
      ...["--silent", "--cacert", ".edge/state/certificates/ca.pem"],
      ...["--resolve", `edge.test:${checkout.ports.https}:${address}`],
      `https://edge.test:${checkout.ports.https}/geo`,
    ]);
    return output;
  }

  async function agentMetrics(address: string): Promise<string> {
    return (await fetch(`http://${address}:${checkout.ports.agentAdmin}/metrics`)).text();
  }
}
