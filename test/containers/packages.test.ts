import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { ContainerEngine } from "./engine.ts";

const run = promisify(execFile);
const BASE = "node:26-slim";
const BASE_WITH_NPM = "node:26-npm";
const ROOT = join(import.meta.dirname, "../..");
const CA = "ca.pem";

const npm = async (...args: string[]) => (await run("npm", args, { timeout: 20_000 })).stdout.trim();

/** Why the image's packages are not installed from a registry here, or false when they are. */
async function cannotInstall(): Promise<string | false> {
  if (process.env.EDGE_TEST_FULL !== "1") return "the image is built twice for it: only with --full";
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "a container engine needs root";
  return npm("ping").then(
    () => false,
    () => "no registry answers",
  );
}

/** What is in an image beside Node and its libraries: each file and its hash. */
const HASHES = `import fs from "node:fs"; import { createHash } from "node:crypto";
const files = fs.readdirSync("/app", { recursive: true }).map((name) => "/app/" + name).filter((path) => fs.statSync(path).isFile());
console.log(JSON.stringify(files.sort().map((path) => [path, createHash("sha256").update(fs.readFileSync(path)).digest("hex")])));`;

describe("the image's packages", { skip: await cannotInstall() }, () => {
  const engine = new ContainerEngine();

  /** The base that can be made here has Node alone. This one has npm besides, and what this machine reaches its registry with. */
  async function importBaseWithNpm(): Promise<void> {
    await engine.importBase(BASE);
    const context = join(engine.dir, "base");
    mkdirSync(context);
    const { stdout: program } = await run("sh", ["-c", "command -v npm"]);
    // bin/npm-cli.js of its package.
    const npmDir = join(realpathSync(program.trim()), "../..");
    cpSync(npmDir, join(context, "npm"), { recursive: true, dereference: true });
    const authorities = process.env.NODE_EXTRA_CA_CERTS;
    if (authorities !== undefined) cpSync(authorities, join(context, CA), { dereference: true });
    const lines = [
      `FROM ${BASE}`,
      "COPY npm /usr/local/lib/node_modules/npm",
      "RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm",
      `ENV NPM_CONFIG_REGISTRY=${await npm("config", "get", "registry")}`,
      ...(authorities === undefined ? [] : [`COPY ${CA} /etc/${CA}`, `ENV NODE_EXTRA_CA_CERTS=/etc/${CA}`]),
    ];
    writeFileSync(join(context, "Dockerfile"), `${lines.join("\n")}\n`);
    await engine.docker("build", "--quiet", "--network", "none", "--tag", BASE_WITH_NPM, context);
  }

  function build(tag: string, network: string, ...args: string[]): Promise<string> {
    const file = join(ROOT, "runner/Dockerfile");
    return engine.docker("build", "--quiet", "--network", network, "--file", file, ...args, "--tag", tag, ROOT);
  }

  async function filesOf(tag: string): Promise<unknown[]> {
    const node = ["--entrypoint", "/usr/local/bin/node", tag, "--input-type=module", "--eval", HASHES];
    return JSON.parse(await engine.docker("run", "--rm", "--network", "none", ...node));
  }

  before(async () => {
    await engine.start();
    await importBaseWithNpm();
  });
  after(() => engine.stop());

  it("are the same whether the build installs them from the registry or takes those that are beside", async () => {
    await build("edge-runner:registry", "host", "--build-arg", `BASE=${BASE_WITH_NPM}`);
    await build("edge-runner:context", "none", "--build-arg", `BASE=${BASE}`, "--build-arg", "PACKAGES=context");
    const files = await filesOf("edge-runner:registry");
    assert.ok(files.length > 10, `${files.length} files`);
    assert.deepEqual(files, await filesOf("edge-runner:context"));
  });
});
