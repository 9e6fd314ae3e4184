import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { DEFAULT_LIMITS } from "@edge-fleet/runner/limits";
import { sha256Hex, validateRelease } from "@edge-fleet/runner/release/manifest";
import { MODULES_IMPORT } from "@edge-fleet/runner/release/modulesImport";
import { RELEASE_SCHEMA } from "@edge-fleet/runner/release/types";
import type { FunctionConfig } from "../config/fleetConfig.ts";
import { buildFunctions } from "./build.ts";
import { discoverFunctions } from "./discover.ts";
import type { BundleError } from "./problems.ts";

const PROJECT_DIR = join(import.meta.dirname, "../..");
/** Sources of a test lie in the past, as a person's do, so that the cache may trust their times. */
const SAVED_AT = new Date("2026-01-01");

async function projectOf(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-functions-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await save(join(folder, name), text);
  return folder;
}

async function save(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await utimes(path, SAVED_AT, SAVED_AT);
}

function configOf(name: string): FunctionConfig {
  return {
    name,
    routes: [{ host: null, methods: [], path: `/${name}/*`, priority: 0 }],
    limits: DEFAULT_LIMITS,
    env: {},
    secrets: {},
    bindings: {},
    egress: { allow: null },
    isolation: "shared",
    schedules: [],
    passThrough: null,
    container: null,
    policies: null,
    regions: ["us-east-1", "eu-central-1"],
  };
}

const PACKAGE = {
  "node_modules/greeting/package.json":
    '{"name":"greeting","type":"module","exports":{"worker":"./worker.js","default":"./node.js"}}',
  "node_modules/greeting/worker.js": 'export const greeting = "from the worker build";',
  "node_modules/greeting/node.js": 'export { readFileSync as greeting } from "node:fs";',
};
const HELLO = 'import { greeting } from "greeting";\nexport default { fetch: (): Response => new Response(greeting) };';

describe("discovering functions", () => {
  test("takes TypeScript files beside tests, declarations and folders", async (t) => {
    const names = ["b-2.ts", "a.ts", "a.test.ts", "types.d.ts", "notes.md", "shared/Helper.ts"];
    const project = await projectOf(t, Object.fromEntries(names.map((name) => [`functions/${name}`, ""])));
    assert.deepEqual(discoverFunctions(project), ["a", "b-2"]);
    assert.deepEqual(discoverFunctions(join(project, "functions")), [], "no folder, no functions");
  });

  test("names every file that cannot be a function", async (t) => {
    const project = await projectOf(t, { "functions/Upper.ts": "", "functions/2nd.ts": "", "functions/ok.ts": "" });
    assert.throws(() => discoverFunctions(project), /functions\/2nd\.ts.*\n.*functions\/Upper\.ts.*lower-case letter/);
  });
});

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
      functions: [manifest],
    });
    for (const { sha256 } of manifest.modules) {
      assert.equal(sha256Hex(await readFile(join(project, "out/modules", sha256))), sha256);
    }
    const code = await readFile(join(project, "out/modules", String(manifest.modules[0]?.sha256)), "utf8");
    assert.match(code, /from the worker build/);
    const { default: hello } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    assert.equal(await hello.fetch().text(), "from the worker build");
  });

  test("makes a module of each WebAssembly, text and data file that is imported and used", async (t) => {
    const project = await projectOf(t, {
      "functions/site.ts": `import { page, words } from "./shared/files.ts";
import again from "../pages/index.html";
import unused from "./shared/unused.txt";
import wasm from "pixels/codec.wasm?module";
import raw from "../pages/index.html?data";
export default { fetch: () => [page === again, page, words, wasm, raw] };`,
      "functions/shared/files.ts":
        'import page from "../../pages/index.html";\nimport words from "./words.list?text";\nexport { page, words };',
      "functions/shared/words.list": "äpfel",
      "functions/shared/unused.txt": "not used",
      "pages/index.html": "<p>hello</p>",
      "node_modules/pixels/package.json": '{"name":"pixels"}',
    });
    await save(join(project, "node_modules/pixels/codec.wasm"), String.fromCharCode(0, 97, 115, 109, 1, 0, 0, 0));
    const [manifest] = await buildFunctions(project, [configOf("site")], "out");
    assert.ok(manifest);
    const named = (text: string) => `${sha256Hex(text).slice(0, 16)}`;
    const names = manifest.modules.map(({ name, type }) => `${type} ${name}`);
    assert.deepEqual(names.toSorted(), [
      `data ${named("<p>hello</p>")}.bin`,
      "esm index.mjs",
      "map index.mjs.map",
      `text ${named("äpfel")}.txt`,
      `text ${named("<p>hello</p>")}.txt`,
      `wasm ${named("\0asm\u0001\0\0\0")}.wasm`,
    ]);
    const sha256 = manifest.modules.find(({ type }) => type === "esm")?.sha256;
    const code = await readFile(join(project, "out/modules", String(sha256)), "utf8");
    assert.ok(code.startsWith(`${MODULES_IMPORT.statement}// `), code.slice(0, 100));
    const run = `${code.slice(MODULES_IMPORT.statement.length)}`;
    const asked = `const edgeModule$ = (name) => name.slice(-4);\n${run}`;
    const { default: site } = await import(`data:text/javascript,${encodeURIComponent(asked)}`);
    assert.deepEqual(site.fetch(), [true, ".txt", ".txt", "wasm", ".bin"]);
    validateRelease({
      schema: RELEASE_SCHEMA,
      release: 1,
      createdAt: new Date().toISOString(),
      createdBy: "",
      reason: "",
      functions: [manifest],
    });
  });

  test("builds anew when an imported file changes, and refuses one that cannot be what it is imported as", async (t) => {
    const project = await projectOf(t, {
      "functions/site.ts": 'import page from "./page.html";\nexport default () => page;',
      "functions/page.html": "one",
    });
    const build = (limits = {}) => {
      const config = configOf("site");
      return buildFunctions(project, [{ ...config, limits: { ...config.limits, ...limits } }], "out");
    };
    const before = await build();
    await save(join(project, "functions/page.html"), "two");
    assert.notEqual((await build())[0]?.version, before[0]?.version);
    await save(join(project, "functions/page.html"), "x".repeat(2_000));
    await assert.rejects(
      build({ bundleBytes: 2_048 }),
      /bundle has 2\d\d\d bytes.*\n.*functions\/page\.html \(2000 bytes\)/,
    );
    await writeFile(join(project, "functions/page.html"), Buffer.from([0xff]));
    await assert.rejects(build(), /functions\/page\.html:1:1: is not text in UTF-8; import it with \?data/);
    await save(
      join(project, "functions/site.ts"),
      'import page from "./page.html?module";\nexport default () => page;',
    );
    await assert.rejects(build(), /functions\/page\.html:1:1: cannot be imported as WebAssembly: it is no/);
    await save(join(project, "functions/site.ts"), 'import page from "./none.wasm";\nexport default () => page;');
    await assert.rejects(build(), /functions\/site\.ts:1:18.*none\.wasm.*\n.*no such file/);
  });

  test("takes the files beside a function as its static assets, hidden ones apart", async (t) => {
    const project = await projectOf(t, {
      "functions/site.ts": "export default () => new Response();",
      "functions/site.assets/index.html": "home",
      "functions/site.assets/img/a.svg": "<svg/>",
      "functions/site.assets/.well-known/security.txt": "Contact: x",
      "functions/site.assets/.hidden": "no",
    });
    const [manifest] = await buildFunctions(project, [configOf("site")], "out");
    assert.ok(manifest);
    assert.deepEqual(
      manifest.assets.map(({ name }) => name),
      ["/.well-known/security.txt", "/img/a.svg", "/index.html"],
    );
    assert.deepEqual(manifest.bindings, { ASSETS: { kind: "assets", name: "site" } });
    for (const { sha256, bytes } of manifest.assets) {
      const content = await readFile(join(project, "out/modules", sha256));
      assert.deepEqual([sha256Hex(content), content.length], [sha256, bytes]);
    }
    const createdAt = new Date().toISOString();
    validateRelease({
      schema: RELEASE_SCHEMA,
      release: 1,
      createdAt,
      createdBy: "",
      reason: "",
      functions: [manifest],
    });
    const config = configOf("site");
    const build = (change: Partial<FunctionConfig>) => buildFunctions(project, [{ ...config, ...change }], "out");
    const small = { ...config.limits, assetBytes: 10 };
    await assert.rejects(
      build({ limits: small }),
      /site\.assets: has 20 bytes together.*assetBytes is 10\n.*Raise edge-fleet:functions\.site\.limits\.assetBytes/,
    );
    await assert.rejects(
      build({ env: { ASSETS: "x" } }),
      /site\.assets: are env\.ASSETS, which edge-fleet:functions\.site\.env\.ASSETS is/,
    );
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
