import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { contentOf, releasedOf, scratchFolder } from "../release/fixtures.ts";
import { functionVersion } from "../release/manifest.ts";
import { RELEASE_SCHEMA } from "../release/types.ts";
import { GOES_ON_MS } from "./brokerGrants.ts";
import type { Deployment } from "./deployment.ts";
import { TestPool } from "./poolFixture.ts";
import { Releases } from "./releases.ts";
import { renewSecrets } from "./secretRenewal.ts";
import type { StackMapper } from "./stackMapper.ts";

const HELLO = 'export default { fetch: () => new Response("hello") };';

/** @param secrets of each of its functions. */
async function writeRelease(
  folder: string,
  release: number,
  sources: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { functions: plain, modules, createdBy, reason } = contentOf(sources);
  const functions = plain.map((manifest) => {
    const content = { ...manifest, secrets };
    return { ...content, version: functionVersion(content) };
  });
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
    stacks: { inSources: async (reason: string) => reason } as unknown as StackMapper,
    log: () => {},
  });
  await releases.boot();
  return { folder, test, releases, hello: releases.active?.deployments.get("hello") as Deployment };
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

  test("keep a function that cannot start with its new secrets as it is, and renew the others", async (t) => {
    const { folder, test, releases } = await served(t);
    await writeRelease(folder, 4, { good: HELLO, picky: HELLO }, { KEY: "key" });
    await writeFile(join(folder, "key"), "old", { mode: 0o600 });
    t.mock.method(test.pool.starts, "try", async () => ({ ok: true }));
    assert.equal((await releases.activate({ release: 4, generation: 2 })).status, "active");
    const before = new Map(releases.active?.deployments);
    await writeFile(join(folder, "key"), "new", { mode: 0o600 });
    t.mock.method(test.pool.starts, "try", async ({ manifest }: Deployment) =>
      manifest.name === "picky" ? { ok: false, reason: "cannot start" } : { ok: true },
    );
    assert.deepEqual(await renewSecrets(releases, test.metrics), {
      renewed: ["good"],
      refused: { picky: "cannot start" },
    });
    assert.equal(releases.active?.deployments.get("picky"), before.get("picky"));
    assert.notEqual(releases.active?.deployments.get("good"), before.get("good"));
    assert.deepEqual([releases.active?.release, releases.active?.generation], [4, 2]);
  });

  test("have no verdict on new secrets while no worker can try them", async (t) => {
    const { folder, test, releases } = await served(t);
    await writeRelease(folder, 4, { good: HELLO }, { KEY: "key" });
    await writeFile(join(folder, "key"), "old", { mode: 0o600 });
    t.mock.method(test.pool.starts, "try", async () => ({ ok: true }));
    await releases.activate({ release: 4, generation: 2 });
    const before = releases.active?.deployments.get("good");
    await writeFile(join(folder, "key"), "new", { mode: 0o600 });
    t.mock.method(test.pool.starts, "try", async () => undefined);
    assert.equal(await renewSecrets(releases, test.metrics), undefined);
    assert.equal(releases.active?.deployments.get("good"), before);
  });
});
