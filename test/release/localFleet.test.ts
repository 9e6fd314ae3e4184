import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { Checkout, REGIONS, type TestRegion } from "../checkout.ts";
import { request, until } from "../client.ts";
import { type Sample, SteadyLoad } from "../load.ts";
import { shortOrLong } from "../runner/longRun.ts";

const DEPLOYS = shortOrLong(5, 100);
const KILLS = shortOrLong(6, 100);
/** How long the store is away. */
const AWAY_MS = shortOrLong(8_000, 600_000);
const TAKEN_WITHIN_MS = 30_000;
/** A command that bundles and tries a function first, on a machine with other work. */
const WRITTEN_WITHIN_MS = 120_000;
/** Processes of a node, by their services' names: each is killed in turn. */
const SERVICES = ["agent", "runner", "haproxy", "varnish", "judge"] as const;
const LOAD = { regions: REGIONS, path: "/hello", perSecond: 60, longestMs: shortOrLong(300_000, 3_000_000) };

describe("releases on a fleet of three regions", () => {
  const checkout = new Checkout(31, { installed: true });
  const store = () => new FolderStore(path.join(checkout.stateDir, "store"));
  let version = 0;

  before(async () => {
    const { code, output } = await checkout.npm("start");
    assert.equal(code, 0, output);
  });
  after(() => checkout.dispose());

  /** Writes a new text into `hello` and deploys it as an author does; the text. */
  async function deployNext(): Promise<string> {
    const text = `version-${++version}`;
    checkout.editFile("functions/hello.ts", (source) => source.replace(/Hello|version-\d+/g, text));
    const { code, output } = await checkout.run("npx", ["edge", "deploy", "hello", "--yes", "--wait"]);
    assert.equal(code, 0, output);
    return text;
  }

  async function regionsSay(text: string): Promise<boolean> {
    const bodies = await Promise.all(REGIONS.map((region) => bodyIn(region)));
    return bodies.every((body) => body.includes(text));
  }

  const bodyIn = async (region: TestRegion) =>
    (await request(checkout, region, "/hello").catch(() => null))?.body ?? "";

  it(`fails no request in ${DEPLOYS} deploys under load, and each is in every region when the command ends`, async (t) => {
    const load = new SteadyLoad(checkout, LOAD);
    t.after(() => load.stop());
    const tookMs: number[] = [];
    for (let count = 0; count < DEPLOYS; count++) {
      const started = performance.now();
      const text = await deployNext();
      tookMs.push(performance.now() - started);
      assert.ok(await regionsSay(text), `not every region says ${text}`);
    }
    const samples = await load.stop();
    const sorted = tookMs.toSorted((a, b) => a - b);
    const shown = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((ms) => Math.round(ms ?? 0));
    t.diagnostic(`edge deploy to the last region: ${shown.join(" / ")} ms (min, median, max)`);
    assertNoneFailed(t, samples);
  });

  it(`serves one whole release in every region after each of ${KILLS} kills in the middle of a deploy`, async (t) => {
    const load = new SteadyLoad(checkout, LOAD);
    t.after(() => load.stop());
    const gaps: Gap[] = [];
    for (let count = 0; count < KILLS; count++) {
      const region = REGIONS[count % REGIONS.length] as TestRegion;
      const service = SERVICES[count % SERVICES.length] as string;
      const pid = checkout.servicePids(region)[service];
      assert.ok(pid !== undefined, `${region} has no ${service}`);
      const before = (await store().readCurrent())?.current.generation ?? 0;
      const deploy = deployNext();
      // A deploy that fails says why, where the pointer would only never move.
      await Promise.race([
        deploy,
        until("the pointer moves", WRITTEN_WITHIN_MS, async () => {
          return ((await store().readCurrent())?.current.generation ?? 0) > before;
        }),
      ]);
      const from = performance.now();
      process.kill(pid, "SIGKILL");
      const text = await deploy;
      await until(`every region says ${text} after a kill of ${region}'s ${service}`, TAKEN_WITHIN_MS, () =>
        regionsSay(text),
      );
      gaps.push({ region, service, from, to: performance.now() });
    }
    const samples = await load.stop();
    const odd = samples.filter(({ answer }) => answer?.status === 200 && !/version-\d+/.test(answer.body));
    assert.deepEqual(odd, [], "an answer of no version");
    const failed = samples.filter(isFailed);
    const outside = failed.filter((sample) => !gaps.some((gap) => isIn(sample, gap)));
    for (const service of SERVICES) {
      const own = gaps.filter((gap) => gap.service === service);
      const met = failed.filter((sample) => own.some((gap) => isIn(sample, gap)));
      t.diagnostic(`${met.length} of ${samples.length} requests failed while a ${service} that was killed came back`);
    }
    assert.deepEqual(outside.slice(0, 3), [], `${outside.length} failed where nothing had been killed`);
  });

  it(`serves on while the store is away for ${AWAY_MS / 1000} s and processes restart, and takes what came meanwhile`, async (t) => {
    const folder = path.join(checkout.stateDir, "store");
    const current = await bodyIn("us-east-1");
    fs.renameSync(folder, `${folder}-away`);
    const load = new SteadyLoad(checkout, LOAD);
    t.after(() => load.stop());
    const ends = performance.now() + AWAY_MS;
    const restarted = ["agent", "runner"];
    for (let index = 0; performance.now() < ends; index++) {
      const service = restarted[index % restarted.length] as string;
      const region = REGIONS[index % REGIONS.length] as TestRegion;
      const pid = checkout.servicePids(region)[service];
      if (pid !== undefined) process.kill(pid, "SIGKILL");
      await delay(Math.min(AWAY_MS / 4, 20_000));
    }
    await until("every region serves what it had", TAKEN_WITHIN_MS, () =>
      regionsSay(current.match(/version-\d+/)?.[0] ?? "?"),
    );
    const samples = await load.stop();
    fs.renameSync(`${folder}-away`, folder);
    // A node without a runner has its neighbour's answer: nothing may be lost.
    assertNoneFailed(t, samples);
    const text = await deployNext();
    assert.ok(await regionsSay(text));
  });

  it("goes back to any release that is kept, in every region", async (t) => {
    const started = performance.now();
    const { code, output } = await checkout.run("npx", ["edge", "rollback", "--to", "2", "--yes", "--wait"]);
    assert.equal(code, 0, output);
    t.diagnostic(`edge rollback took ${Math.round(performance.now() - started)} ms`);
    assert.ok(await regionsSay("version-1"));
  });
});

/** From a kill in a region until all regions served the round's version. */
interface Gap {
  readonly region: TestRegion;
  readonly service: string;
  readonly from: number;
  readonly to: number;
}

function isIn({ region, sentAt, answeredAt }: Sample, gap: Gap): boolean {
  return region === gap.region && answeredAt >= gap.from && sentAt <= gap.to;
}

function isFailed({ answer }: Sample): boolean {
  return answer === null || answer.status !== 200;
}

function assertNoneFailed(t: TestContext, samples: readonly Sample[]): void {
  const failed = samples.filter(isFailed);
  t.diagnostic(`${samples.length} requests, ${failed.length} failed`);
  assert.deepEqual(failed.slice(0, 3), [], `${failed.length} of ${samples.length} failed`);
}
