// @ts-check
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { scratchDir, writePrograms } from "./fakes.mjs";

/** The whole command, in a copy of the checkout on a machine that has next to nothing: PATH is a folder of our own. */

const tools = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * @param {import("node:test").TestContext} t
 * @param {string[]} args
 */
function setUp(t, ...args) {
  const dir = scratchDir(t);
  const bin = join(dir, "bin");
  mkdirSync(join(dir, "tools"), { recursive: true });
  mkdirSync(bin);
  for (const name of ["setup.mjs", "setup", "engine"])
    cpSync(join(tools, name), join(dir, "tools", name), { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) cpSync(join(tools, "..", name), join(dir, name));
  symlinkSync(process.execPath, join(bin, "node"));
  // A Go that is too old, so that nothing is built, and a network that refuses everything.
  writePrograms(bin, { go: '[ "$2" = GOVERSION ] && echo go1.19.8 || echo local' });
  writeFileSync(
    join(dir, "offline.mjs"),
    'globalThis.fetch = async () => { throw new Error("the network refuses it"); };\n',
  );
  const env = {
    PATH: bin,
    EDGE_TOOLS_DIR: join(dir, "elsewhere"),
    NODE_OPTIONS: `--import=${join(dir, "offline.mjs")}`,
  };
  const done = spawnSync(process.execPath, [join(dir, "tools/setup.mjs"), ...args], {
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { dir, done };
}

test("what cannot be had is told, all of it in one run, with why and what to do, and exit status 1", {
  skip: process.platform !== "linux",
}, (t) => {
  const { dir, done } = setUp(t);
  assert.equal(done.status, 1);
  assert.match(
    done.stderr,
    /error: npm is not there\n {4}why: +no npm in any folder of PATH.*\n {4}what to do: install Node\.js 20/,
  );
  assert.match(
    done.stderr,
    /error: there is no Pulumi engine[\s\S]*1\.19\.8, building needs \S+ or newer[\s\S]*what to do: one of the two/,
  );
  assert.match(
    done.stderr,
    /error: missing: [^\n]*dig \(asking the geo DNS\)[^\n]*\n {4}why: +there is no apt-get on this system/,
  );
  assert.equal(existsSync(join(dir, "node_modules")), false);
  assert.equal(existsSync(join(dir, "elsewhere", "bin")), false, "EDGE_TOOLS_DIR holds no half engine");
});

test("an unknown package for --with is refused before anything is done, with exit status 2", (t) => {
  const { dir, done } = setUp(t, "--with", "wrk,nope");
  assert.equal(done.status, 2);
  assert.match(done.stderr, /^error: unknown package nope: known are haproxy/);
  assert.equal(done.stdout, "");
  assert.equal(existsSync(join(dir, ".edge")), false);
});
