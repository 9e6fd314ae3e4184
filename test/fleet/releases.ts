import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import { deployedBy } from "@edge-fleet/runner/release/fixtures";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { rollbackTo } from "@edge-fleet/runner/release/publish";
import { signed } from "@edge-fleet/runner/release/signature";
import type { Ack } from "@edge-fleet/runner/release/types";
import { releaseKey } from "../../components/local/releaseKey.ts";
import { type Checkout, REGIONS } from "../checkout.ts";
import { request, until } from "../client.ts";
import { type Sample, SteadyLoad } from "../load.ts";

const LOAD = { regions: REGIONS, path: "/hello", perSecond: 200, longestMs: 60_000 };

/** How a release comes to a fleet that runs. */
export function releases(checkout: Checkout): void {
  const store = () => new FolderStore(path.join(checkout.stateDir, "store"));
  const currentRelease = async () => (await store().readCurrent())?.current.release as number;

  describe("a new release under 200 requests a second", () => {
    let pidsBefore: Record<string, number>[];
    let releaseBefore: number;
    const lagsMs: number[] = [];
    before(async () => {
      pidsBefore = REGIONS.map((region) => checkout.servicePids(region));
      releaseBefore = await currentRelease();
    });

    it("fails no request", async (t) => {
      const load = new SteadyLoad(checkout, LOAD);
      checkout.editFile("functions/hello.ts", (text) => text.replace(/Hello/g, "Servus"));
      const up = await checkout.pulumi("up", "--yes", "--skip-preview");
      assert.equal(up.code, 0, up.output);
      const samples = await load.stop();
      lagsMs.push(swapLagMs(t, checkout, samples, "Hello", "Servus"));
    });

    it("goes back likewise", async (t) => {
      const load = new SteadyLoad(checkout, LOAD);
      await until("the load runs", 60_000, async () => load.samples.length > 200);
      await rollbackTo(store(), releaseBefore, { deployed: deployedBy(), ...releaseKey(checkout.stateDir) });
      await until("every region is back", 60_000, async () => {
        const answers = await Promise.all(REGIONS.map((region) => request(checkout, region, "/hello")));
        return answers.every(({ body }) => body.includes("Hello"));
      });
      const samples = await load.stop();
      lagsMs.push(swapLagMs(t, checkout, samples, "Servus", "Hello"));
    });

    it("is everywhere in at most 1 s: of two swaps on a busy machine, one", () => {
      assert.ok(
        Math.min(...lagsMs) <= 1_000,
        `the old version was still served ${lagsMs.join(" and ")} ms after the swap`,
      );
    });

    it("restarts no process", () => {
      assert.deepEqual(
        REGIONS.map((region) => checkout.servicePids(region)),
        pidsBefore,
      );
    });
  });

  describe("a release that cannot be right", () => {
    const ackOf = async (region: string): Promise<Ack | undefined> => (await store().readAcks()).get(region);
    const corruptions: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
      truncated: (bytes) => bytes.subarray(0, bytes.length / 2),
      changed: (bytes) => Buffer.from(bytes.toString().replace('"schema":1', '"schema":1 ')),
      empty: () => Buffer.alloc(0),
    };

    for (const [kind, corrupt] of Object.entries(corruptions)) {
      it(`is refused whole when its file is ${kind}; what runs goes on, and the ack says why`, async () => {
        const before = await store().readCurrent();
        assert.ok(before);
        const { schema, release, generation, sha256 } = before.current;
        const bytes = await store().readRelease(release);
        const broken = release + 1_000 + Object.keys(corruptions).indexOf(kind);
        fs.writeFileSync(path.join(checkout.stateDir, `store/releases/${broken}.json`), corrupt(bytes));
        const pointer = { schema, generation: generation + 1, release: broken, sha256 };
        const { signer } = releaseKey(checkout.stateDir);
        const swapped = await store().compareAndSwapCurrent(before.etag, signed(pointer, signer));
        assert.ok(swapped.swapped);
        for (const region of REGIONS) {
          await until(
            `${region} refuses`,
            60_000,
            async () => (await ackOf(region))?.refused?.generation === generation + 1,
          );
          assert.notEqual((await ackOf(region))?.refused?.reason ?? "", "");
          assert.equal((await request(checkout, region, "/hello")).status, 200);
        }
        await rollbackTo(store(), release, { deployed: deployedBy(), ...releaseKey(checkout.stateDir) });
        for (const region of REGIONS) {
          await until(`${region} goes on`, 5_000, async () => (await ackOf(region))?.generation === generation + 2);
        }
      });
    }
  });
}

/** For how long after the swap of the pointer the old version was served to new requests, none of which failed: ms. */
function swapLagMs(
  t: { diagnostic(message: string): void },
  checkout: Checkout,
  samples: readonly Sample[],
  from: string,
  to: string,
): number {
  const failed = samples.filter(({ answer }) => answer === null || answer.status !== 200);
  assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${samples.length} failed`);
  const swappedAt = fs.statSync(path.join(checkout.stateDir, "store/current")).mtimeMs - performance.timeOrigin;
  const lastOld = Math.max(...samples.filter(({ answer }) => answer?.body.includes(from)).map(({ sentAt }) => sentAt));
  for (const text of [from, to]) {
    assert.ok(
      samples.some(({ answer }) => answer?.body.includes(text)),
      `no answer says ${text}`,
    );
  }
  const lagMs = Math.round(lastOld - swappedAt);
  t.diagnostic(`${samples.length} requests, 0 failed; the last old answer was asked for ${lagMs} ms after the swap`);
  return lagMs;
}
