import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { contentOf, releasedOf, scratchFolder } from "../release/fixtures.ts";
import { RELEASE_SCHEMA } from "../release/types.ts";
import { GOES_ON_MS } from "./brokerGrants.ts";
import type { Deployment } from "./deployment.ts";
import { TestPool } from "./poolFixture.ts";
import { Releases } from "./releases.ts";
import type { StackMapper } from "./stackMapper.ts";

const HELLO = 'export default { fetch: () => new Response("hello") };';

async function writeRelease(folder: string, release: number, sources: Readonly<Record<string, string>>): Promise<void> {
  const { functions, modules, createdBy, reason } = contentOf(sources);
  const dir = join(folder, `${release}`);
  await mkdir(join(dir, "modules"), { recursive: true });
  for (const { sha256 } of functions.flatMap((manifest) => manifest.modules)) {
    await writeFile(join(dir, "modules", sha256), await modules(sha256));
  }
  const createdAt = new Date(0).toISOString();
  const table = { schema: RELEASE_SCHEMA, release, createdAt, createdBy, reason, commit: null };
  await writeFile(join(dir, "release.json"), JSON.stringify({ ...table, functions: releasedOf(functions) }));
}

/** Serves release 1, which has one function; release 2 has none, release 3 another one. */
async function served(t: TestContext) {
  const folder = await scratchFolder(t);
  await writeRelease(folder, 1, { hello: HELLO });
  await writeRelease(folder, 2, {});
  await writeRelease(folder, 3, { fresh: HELLO });
  await writeFile(join(folder, "active"), JSON.stringify({ release: 1, generation: 1 }));
  const test = new TestPool();
  const releases = new Releases({
    ...{ region: "eu", releasesDir: folder, secretsDir: folder, privateWorkers: 0 },
    ...{ pool: test.pool, states: test.states, metrics: test.metrics, clock: test.clock },
    stacks: {} as StackMapper,
    log: () => {},
  });
  await releases.boot();
  return { test, releases, hello: releases.active?.deployments.get("hello") as Deployment };
}

describe("releases", () => {
  test("know a version that was replaced for as long as its work may go on after its last request", async (t) => {
    const { test, releases, hello } = await served(t);
    assert.equal((await releases.activate({ release: 2, generation: 2 })).status, "active");
    test.clock.advance(GOES_ON_MS - 1);
    assert.equal(releases.deploymentOf(hello.key), hello);
    test.clock.advance(1);
    assert.equal(releases.deploymentOf(hello.key), undefined);
  });

  test("try no version any more when its trial has failed for another reason", async (t) => {
    const { test, releases, hello } = await served(t);
    t.mock.method(test.pool.starts, "try", async () => {
      throw new Error("the trial broke");
    });
    await assert.rejects(releases.activate({ release: 3, generation: 2 }), /the trial broke/);
    assert.equal(releases.deploying.size, 0);
    test.clock.advance(GOES_ON_MS);
    assert.equal(releases.deploymentOf(hello.key + 1), undefined);
  });
});
