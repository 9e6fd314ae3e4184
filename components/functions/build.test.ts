import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { releasedOf } from "@edge-fleet/runner/release/fixtures";
import { sha256Hex, validateRelease } from "@edge-fleet/runner/release/manifest";
import { RELEASE_SCHEMA } from "@edge-fleet/runner/release/types";
import { buildFunctions } from "./build.ts";
import { configOf, HELLO, PACKAGE, PROJECT_DIR, projectOf, save } from "./buildFixture.ts";
import { discoverFunctions } from "./discover.ts";
import type { BundleError } from "./problems.ts";

describe("building functions", () => {
  test("gives a manifest that a release takes, and its modules by their hashes", async (t) => {
    const project = await projectOf(t, { "functions/hello.ts": HELLO, ...PACKAGE });
    const [manifest, ...others] = await buildFunctions(project, [configOf("hello")], "out");
    assert.ok(manifest);
    assert.equal(others.length, 0);
    assert.deepEqual(
      manifest.modules.map(({ name, type }) => [name, type]),
      [
        ["index.mjs", "esm"],
        ["index.mjs.map", "map"],
      ],
    );
    assert.deepEqual(manifest.regions, ["eu-central-1", "us-east-1"]);
    const createdAt = new Date().toISOString();
    validateRelease({
      schema: RELEASE_SCHEMA,
      release: 1,
      createdAt,
      createdBy: "",
      reason: "",
      commit: null,
      functions: releasedOf([manifest]),
    });
    for (const { sha256 } of manifest.modules) {
      assert.equal(sha256Hex(await readFile(join(project, "out/modules", sha256))), sha256);
    }
    const code = await readFile(join(project, "out/modules", String(manifest.modules[0]?.sha256)), "utf8");
    assert.match(code, /from the worker build/);
    const { default: hello } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    assert.equal(await hello.fetch().text(), "from the worker build");
  });

  test("gives the same bytes from any path", async (t) => {
    const files = { "functions/hello.ts": HELLO, ...PACKAGE };
    const first = await projectOf(t, files);
    const second = join(await projectOf(t, {}), "deeper/down");
    await cp(first, second, { recursive: true });
    const linked = await projectOf(t, { "functions/hello.ts": HELLO });
    await symlink(join(first, "node_modules"), join(linked, "node_modules"));
    const projects = [first, second, linked];
    const built = await Promise.all(projects.map((project) => buildFunctions(project, [configOf("hello")], "out")));
    assert.deepEqual(built[1], built[0]);
    assert.deepEqual(built[2], built[0]);
  });

  test("tells all problems of all functions with file, line and remedy", async (t) => {
    const project = await projectOf(t, {
      "functions/builtin.ts": 'import fs from "node:fs";\nexport default fs;',
      "functions/missing.ts": '\nimport x from "@scope/pad/left";\nimport y from "./none.ts";\nexport default [x, y];',
      "functions/syntax.ts": "export default {\n  fetch( {};",
      "functions/nothing.ts": "export const fetsh = 1;",
      "functions/url.ts": 'import x from "https://example.test/x.js";\nexport default x;',
    });
    const configs = ["builtin", "missing", "syntax", "nothing", "url", "absent"].map(configOf);
    await assert.rejects(buildFunctions(project, configs, "out"), ({ problems, message }: BundleError) => {
      const byFile = problems.map(({ at, problem, remedy }) => `${at} | ${problem} | ${remedy}`).toSorted();
      const expected = [
        /^functions\/absent\.ts \| the stack config has this.*edge-fleet:functions\.absent/,
        /^functions\/builtin\.ts:1:16 .*"node:fs".*built into Node.*Web-standard/,
        /^functions\/missing\.ts:2:15 .*npm install @scope\/pad\)/,
        /^functions\/missing\.ts:3:15 .*no such file/,
        /^functions\/nothing\.ts \| exports none of default, fetch, handler, scheduled.*fetch/,
        /^functions\/syntax\.ts:2:12 .*Expected/,
        /^functions\/url\.ts:1:15 .*is a URL/,
      ];
      assert.equal(byFile.length, expected.length, message);
      for (const [index, pattern] of expected.entries()) assert.match(String(byFile[index]), pattern);
      return true;
    });
  });

  test("names the largest parts of a bundle over its limit, also when it was built before under another", async (t) => {
    const big = `export default "${randomBytes(6 * 1024 * 1024).toString("hex")}";`;
    const project = await projectOf(t, {
      "functions/big.ts": 'import data from "./shared/data.ts";\nexport default data;',
      "functions/shared/data.ts": big,
    });
    await assert.rejects(
      buildFunctions(project, [configOf("big")], "out"),
      /functions\/big\.ts: its bundle has 1258\d{4} bytes, its limit bundleBytes is 10485760\n {2}Import less.*functions\/shared\/data\.ts \(/,
    );
    assert.deepEqual(await readdir(join(project, "out/modules")), []);
    const config = configOf("big");
    const small = { ...config, limits: { ...config.limits, bundleBytes: 1_024 } };
    await save(join(project, "functions/big.ts"), `export default "${"x".repeat(2_000)}";`);
    await buildFunctions(project, [config], "out");
    await assert.rejects(
      buildFunctions(project, [small], "out"),
      /has 20\d\d bytes, its limit bundleBytes is 1024\n.*Raise edge-fleet:functions\.big\.limits\.bundleBytes \(at most 10485760\), or import less/,
    );
  });

  test("builds anew what changed, and nothing else", async (t) => {
    const files = { "functions/hello.ts": HELLO, "functions/other.ts": HELLO, ...PACKAGE };
    const project = await projectOf(t, files);
    const build = () => buildFunctions(project, [configOf("hello"), configOf("other")], "out");
    const before = await build();
    assert.deepEqual(await build(), before);

    await save(join(project, "functions/hello.ts"), HELLO.replace("greeting)", "greeting.trim())"));
    const after = await build();
    assert.notEqual(after[0]?.version, before[0]?.version);
    assert.deepEqual(after[1], before[1]);

    await rm(join(project, "out/modules"), { recursive: true });
    assert.deepEqual(await build(), after);
    assert.equal((await readdir(join(project, "out/modules"))).length, 4);

    await writeFile(join(project, "node_modules/greeting/worker.js"), 'export const greeting = "another version";');
    const updated = await build();
    assert.notEqual(updated[1]?.version, before[1]?.version);

    for (const name of await readdir(join(project, "out/cache")))
      await writeFile(join(project, "out/cache", name), "{");
    assert.deepEqual(await build(), updated);
  });

  test("bundles the project's own functions for nodes, at most 300 KB each", async (t) => {
    const out = await projectOf(t, {});
    const names = discoverFunctions(PROJECT_DIR);
    for (const name of ["api", "geo", "hello", "proxy"]) assert.ok(names.includes(name), name);
    for (const { name, modules } of await buildFunctions(PROJECT_DIR, names.map(configOf), out)) {
      for (const { bytes } of modules) assert.ok(bytes < 300_000, `${name} has a module of ${bytes} bytes`);
    }
  });
});

test("a container becomes a module that hands on to it, and reaches nothing else", async (t) => {
  const project = await projectOf(t, {});
  const container = { image: "unused", host: "fn-resize", port: 8080, cpus: 1, memoryMb: 64, health: null };
  const [manifest] = await buildFunctions(
    project,
    [{ ...configOf("resize"), env: { MODE: "fast" }, container }],
    "out",
  );
  assert.ok(manifest);
  assert.deepEqual(manifest.env, {}, "its variables are the container's");
  assert.deepEqual(manifest.egress, { allow: ["fn-resize:8080"] });
  const code = await readFile(join(project, "out/modules", manifest.modules[0]?.sha256 ?? ""), "utf8");
  assert.match(code, /^const ORIGIN = "http:\/\/fn-resize:8080";$/m);
});
