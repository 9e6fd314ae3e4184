import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { BUNDLES, IMAGE_BUNDLES } from "../supervisor/bundleTable.ts";

/** What bundles with, and what is copied as it is. */
const BESIDE = ["@esbuild", "esbuild", "isolated-vm", "node-gyp-build"];
const RUNNER_DIR = join(import.meta.dirname, "..");

test("the image's build context has the packages that the image is made of, and no others", async () => {
  const used = new Set(BESIDE);
  for (const options of Object.values({ ...BUNDLES, ...IMAGE_BUNDLES })) {
    const { metafile } = await build({ ...options, absWorkingDir: RUNNER_DIR, metafile: true });
    for (const path of Object.keys(metafile.inputs)) {
      const [, name] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      if (name !== undefined) used.add(name);
    }
  }
  const ignore = readFileSync(join(RUNNER_DIR, "Dockerfile.dockerignore"), "utf8");
  const given = [...ignore.matchAll(/^!node_modules\/(.+)$/gm)].map(([, name]) => name);
  assert.deepEqual(given.toSorted(), [...used].toSorted());
});
