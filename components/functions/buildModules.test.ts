import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { releasedOf } from "@edge-fleet/runner/release/fixtures";
import { sha256Hex, validateRelease } from "@edge-fleet/runner/release/manifest";
import { MODULES_IMPORT } from "@edge-fleet/runner/release/modulesImport";
import { RELEASE_SCHEMA } from "@edge-fleet/runner/release/types";
import type { FunctionConfig } from "../config/fleetConfig.ts";
import { buildFunctions } from "./build.ts";
import { configOf, projectOf, save } from "./buildFixture.ts";

describe("modules and assets of a function", () => {
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
      commit: null,
      functions: releasedOf([manifest]),
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
      commit: null,
      functions: releasedOf([manifest]),
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
});
