import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stopServices } from "../../components/local/manager/client.ts";
import type { Checkout } from "../checkout.ts";
import { dig, request, until } from "../client.ts";
import { listenersOn } from "../leftovers.ts";

const JAPAN = "198.51.100.0/24";
const GERMANY = "203.0.113.0/24";
/** Another one than those of which DNS is asked: what it lost shows there for some seconds. */
const REGION = "us-east-1";
/** Of so many kills one must be mended in time: a busy machine has bad moments. */
const KILLS = 3;
const BACK_WITHIN_MS = 3_000;

/** What a fleet does about its own losses. */
export function healing(checkout: Checkout): void {
  describe("a region whose processes die", () => {
    for (const service of ["varnish", "judge", "haproxy", "runner", "agent"]) {
      it(`has its ${service} back by itself in under 3 s`, async (t) => {
        const tookMs: number[] = [];
        while (tookMs.length < KILLS && !tookMs.some((ms) => ms <= BACK_WITHIN_MS)) {
          const before = pidOf(service);
          process.kill(before, "SIGKILL");
          const ms = await until(`${service} is back`, 60_000, async () => {
            const answer = await request(checkout, REGION, "/hello");
            const agent = await fetch(`http://${checkout.address(REGION)}:${checkout.ports.agentAdmin}/healthz`);
            return pidOf(service) !== before && answer.status === 200 && agent.ok;
          });
          tookMs.push(ms);
        }
        t.diagnostic(`${service} was back after ${tookMs} ms`);
        assert.ok(Math.min(...tookMs) <= BACK_WITHIN_MS, `${tookMs} ms`);
      });
    }
  });

  describe("a region that stops", () => {
    it("loses its clients to the next region in at most 5 s", async (t) => {
      const frankfurt = async () => (await dig(checkout, GERMANY)) === checkout.address("eu-central-1");
      const tokyo = async () => (await dig(checkout, JAPAN)) === checkout.address("ap-northeast-1");
      await until("both regions are in the answers", 60_000, async () => (await frankfurt()) && (await tokyo()));
      const stopped = stopServices(checkout.nodeDir("ap-northeast-1"));
      const ms = await until("another region answers Japan", 5_000, async () => !(await tokyo()));
      t.diagnostic(`DNS moved ${ms} ms after the stop began, to ${await dig(checkout, JAPAN)}`);
      await stopped;
      assert.deepEqual(listenersOn(checkout.address("ap-northeast-1")), []);
      assert.ok(await frankfurt(), "others stay where they are");
    });

    it("gets them back in at most 5 s after it serves again", async (t) => {
      const start = checkout.npm("start");
      await until(
        "Tokyo serves",
        60_000,
        async () => (await request(checkout, "ap-northeast-1", "/hello")).status === 200,
      );
      const ms = await until(
        "Tokyo answers Japan again",
        5_000,
        async () => (await dig(checkout, JAPAN)) === checkout.address("ap-northeast-1"),
      );
      t.diagnostic(`DNS moved back ${ms} ms after the first answer`);
      const { code, output } = await start;
      assert.equal(code, 0, output);
    });
  });

  function pidOf(service: string): number {
    const pid = checkout.servicePids(REGION)[service];
    if (pid === undefined) throw new Error(`${service} has no process`);
    return pid;
  }
}
