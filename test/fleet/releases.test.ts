import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { deployedBy } from "@edge-fleet/runner/release/fixtures";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { rollbackTo } from "@edge-fleet/runner/release/publish";
import { signed } from "@edge-fleet/runner/release/signature";
import type { Ack } from "@edge-fleet/runner/release/types";
import { releaseKey } from "../../components/local/releaseKey.ts";
import { Checkout, REGIONS } from "../checkout.ts";
import { request, until } from "../client.ts";
import { type Sample, SteadyLoad } from "../load.ts";

const checkout = new Checkout(25, { installed: true });
const LOAD = { regions: REGIONS, path: "/hello", perSecond: 200, longestMs: 60_000 };
const store = () => new FolderStore(path.join(checkout.stateDir, "store"));

let pidsBefore: Record<string, number>[];

before(async () => {
  const { code, output } = await checkout.npm("start");
  assert.equal(code, 0, output);
  pidsBefore = REGIONS.map((region) => checkout.servicePids(region));
});
after(() => checkout.dispose());

describe("a new release under 200 requests a second", () => {
  it("fails no request and is everywhere in at most 1 s", async (t) => {
    const load = new SteadyLoad(checkout, LOAD);
    checkout.editFile("functions/hello.ts", (text) => text.replace(/Hello/g, "Servus"));
    const up = await checkout.pulumi("up", "--yes", "--skip-preview");
    assert.equal(up.code, 0, up.output);
    const samples = await load.stop();
    assertSwapped(t, samples, "Hello", "Servus");
  });

  it("goes back likewise", async (t) => {
    const load = new SteadyLoad(checkout, LOAD);
    await until("the load runs", 5_000, async () => load.samples.length > 200);
    await rollbackTo(store(), 1, { deployed: deployedBy(), ...releaseKey(checkout.stateDir) });
    await until("every region is back", 5_000, async () => {
      const answers = await Promise.all(REGIONS.map((region) => request(checkout, region, "/hello")));
      return answers.every(({ body }) => body.includes("Hello"));
    });
    const samples = await load.stop();
    assertSwapped(t, samples, "Servus", "Hello");
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
          5_000,
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

/** No failed answer, and none of the old version to a request sent a second after the pointer was swapped. */
function assertSwapped(
  t: { diagnostic(message: string): void },
  samples: readonly Sample[],
  from: string,
  to: string,
): void {
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
  assert.ok(lagMs <= 1_000, `the old version was still served ${lagMs} ms after the swap`);
}
