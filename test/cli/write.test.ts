import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { readStackConfig } from "../../cli/project.ts";
import { copyTemplate, findTemplates } from "../../cli/templates.ts";
import { buildFunctions } from "../../components/functions/build.ts";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { TestProject } from "./edgeCommand.ts";

const STACK = `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true, address: 127.0.3.1 }
  edge-fleet:postgres: { main: { url: main-url } }
  edge-fleet:redis: { sessions: { url: sessions-url } }
  edge-fleet:functions:
    all-kinds:
      env: { GREETING: hi }
      secrets: { KEY: api-key }
      bindings: { NOTES: { kv: notes }, DB: { sql: shop }, ROWS: { postgres: main }, CACHE: { redis: sessions }, BACK: { function: back } }
`;
const USE = `import type { EdgeFunction } from "@edge-fleet/runner/contract";
import type { AllKindsEnv } from "./env.d.ts";
export default {
  async fetch(_request, env) {
    const note: string | null = await env.NOTES.get("a");
    const row = await env.DB.prepare("SELECT ?").bind(1).first<number>("n");
    const { rows } = await env.ROWS.query("SELECT 1");
    await env.CACHE.set("a", 1, { ttl: 60 });
    const page = await env.ASSETS.fetch("https://assets/x");
    return env.BACK.fetch(env.GREETING + env.KEY + note + row + rows.length + page.status);
  },
} satisfies EdgeFunction<AllKindsEnv>;
`;
const TSCONFIG = {
  extends: join(PACKAGE_DIR, "tsconfig.json"),
  compilerOptions: {
    incremental: false,
    tsBuildInfoFile: null,
    typeRoots: [join(PACKAGE_DIR, "node_modules/@types")],
    paths: { "edge-fleet/postgres": [join(PACKAGE_DIR, "adapters/postgresBinding.ts")] },
  },
  include: ["functions/*.ts"],
};

async function tsc(dir: string): Promise<string> {
  const compiler = join(PACKAGE_DIR, "node_modules/typescript/bin/tsc");
  try {
    return (await promisify(execFile)(process.execPath, [compiler, "-p", dir])).stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

describe("edge types", () => {
  it("types variables, secrets, assets and every kind of binding, so that the compiler knows a wrong use", async () => {
    using project = new TestProject({ stack: STACK });
    project.write("tsconfig.json", JSON.stringify(TSCONFIG));
    project.write("functions/all-kinds.ts", USE);
    project.write("functions/all-kinds.assets/x", "x");
    project.write("functions/back.ts", "export default { fetch: () => new Response(null) };\n");
    const stale = await project.edge(["types", "--check"]);
    assert.equal(stale.code, 1);
    assert.match(stale.stderr, /functions\/env\.d\.ts is not what the config of stack local says: run `edge types`/);

    const { code, stdout } = await project.edge(["types"]);
    assert.equal(code, 0);
    assert.equal(stdout, "wrote functions/env.d.ts: all-kinds\n");
    assert.equal((await project.edge(["types", "--check"])).code, 0);
    assert.equal(await tsc(project.dir), "");

    project.write(
      "functions/all-kinds.ts",
      USE.replace('env.NOTES.get("a")', "env.NOTES.get(1)").replace("env.KEY", "env.KEYS"),
    );
    const wrong = await tsc(project.dir);
    assert.match(wrong, /functions\/all-kinds\.ts\(5,\d+\): error TS2345/);
    assert.match(wrong, /Property 'KEYS' does not exist on type 'AllKindsEnv'\. Did you mean 'KEY'\?/);
  });
});

describe("edge init", { timeout: 120_000 }, () => {
  it("copies a ready function and its test under a new name, and both work", async () => {
    using project = new TestProject();
    const { code, stdout } = await project.edge(["init", "greet", "--json"]);
    assert.equal(code, 0);
    const { files, config } = JSON.parse(stdout) as { files: string[]; config: string | null };
    assert.deepEqual(files, ["functions/greet.test.ts", "functions/greet.ts", "functions/testing/edgeRequest.ts"]);
    assert.equal(config, null);
    const tested = await project.edge(["test"]);
    assert.equal(tested.code, 0, tested.stdout + tested.stderr);
    assert.match(tested.stdout, /^functions\/greet\.test\.ts\n {2}✓ /);
  });

  it("copies of every ready function all that it is made of", async () => {
    using project = new TestProject();
    const files = [...findTemplates().keys()].flatMap((template) => copyTemplate(template, template, project.dir));
    assert.deepEqual(
      files.filter((file) => file.includes("..")),
      [],
    );
    assert.match(
      readFileSync(join(project.dir, "functions/localize.test.ts"), "utf8"),
      /"\.\/testing\/edgeRequest\.ts"/,
    );
    const { functions } = readStackConfig(project.dir, "local");
    assert.deepEqual(
      functions.map(({ name }) => name),
      [...findTemplates().keys()],
    );
    const built = await buildFunctions(project.dir, functions, ".edge/build");
    assert.equal(built.length, functions.length);
  });

  it("gives the config that a ready function needs, under its new name", async () => {
    using project = new TestProject();
    const { stdout } = await project.edge(["init", "moved", "--template", "redirects"]);
    assert.match(stdout, /\n {2}edge-fleet:functions:\n {4}moved:\n {6}routes: \["\/old\/\*"\]\n/);
    assert.match(readFileSync(join(project.dir, "functions/moved.ts"), "utf8"), /"\.\/moved\/map\.txt"/);
    await project.edge(["init", "photos", "--template", "images"]);
    const photos = readFileSync(join(project.dir, "functions/photos.ts"), "utf8");
    assert.match(photos, /set edge-fleet:functions\.photos\.env\.SOURCE/);
  });

  it("overwrites nothing, and takes no name that a function cannot have", async () => {
    using project = new TestProject();
    project.write("functions/greet.ts", "mine");
    for (const [args, code, says] of [
      [["greet"], 1, /functions\/greet\.ts is there already/],
      [["Greet"], 2, /"Greet" is not a lower-case letter/],
      [["x", "--template", "helo"], 2, /there is no template "helo"\. Did you mean hello\?/],
      [["pages", "--template", "catalog"], 2, /catalog keeps its name/],
    ] as const) {
      const ended = await project.edge(["init", ...args]);
      assert.equal(ended.code, code, args.join(" "));
      assert.match(ended.stderr, says);
    }
    assert.equal(readFileSync(join(project.dir, "functions/greet.ts"), "utf8"), "mine");
    assert.ok(!existsSync(join(project.dir, "functions/greet.test.ts")));
  });
});
