import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parse, parseDocument } from "yaml";
import type { LocalPorts } from "../components/config/fleetConfig.ts";
import type { ProcessRecord } from "../components/local/manager/processes.ts";
import { PACKAGE_DIR } from "../components/packageDir.ts";
import { processesOf } from "./leftovers.ts";

export interface CommandResult {
  readonly code: number;
  /** What it printed, on both streams. */
  readonly output: string;
  readonly ms: number;
}

export const REGIONS = ["ap-northeast-1", "eu-central-1", "us-east-1"] as const;
export type TestRegion = (typeof REGIONS)[number];

/** A clone of the working tree in a folder of its own, with a fleet on addresses of its own: what a user would have. */
export class Checkout {
  readonly dir: string;
  readonly #block: number;
  readonly #env: Readonly<Record<string, string>>;

  /**
   * `block` is the third number of the fleet's loopback addresses, unlike those of other fleets that run meanwhile.
   * With `installed` the packages of this checkout are linked into the clone; else it begins without `node_modules`.
   */
  constructor(block: number, options: { installed: boolean; env?: Readonly<Record<string, string>> }) {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-fleet-"));
    this.#block = block;
    // The engine is built once; that a set-up without it builds it is the set-up tests' matter.
    const tools = process.env.EDGE_TOOLS_DIR ?? path.join(PACKAGE_DIR, ".edge/tools");
    this.#env = { EDGE_TOOLS_DIR: tools, ...options.env };
    const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: PACKAGE_DIR,
    });
    for (const name of list.toString().split("\0").filter(Boolean)) {
      if (!fs.existsSync(path.join(PACKAGE_DIR, name))) continue;
      fs.mkdirSync(path.dirname(path.join(this.dir, name)), { recursive: true });
      fs.copyFileSync(path.join(PACKAGE_DIR, name), path.join(this.dir, name));
    }
    if (options.installed) execFileSync("cp", ["-al", path.join(PACKAGE_DIR, "node_modules"), this.dir]);
    this.editConfig((text) => text.replaceAll("127.0.1.", `127.0.${block}.`));
  }

  get stateDir(): string {
    return this.#env.EDGE_STATE_DIR ?? path.join(this.dir, ".edge/state");
  }

  get hub(): string {
    return `127.0.${this.#block}.254`;
  }

  get ports(): LocalPorts {
    return parse(fs.readFileSync(this.configFile, "utf8")).config["edge-fleet:local"].ports;
  }

  get configFile(): string {
    return path.join(this.dir, "stacks/Pulumi.local.yaml");
  }

  get authority(): string {
    return fs.readFileSync(path.join(this.stateDir, "certificates/ca.pem"), "utf8");
  }

  address(region: TestRegion): string {
    return `127.0.${this.#block}.${REGIONS.indexOf(region) + 1}`;
  }

  nodeDir(node: TestRegion | "hub"): string {
    return path.join(this.stateDir, "nodes", node);
  }

  /** Pid of each service of a node, as its manager notes them. */
  servicePids(node: TestRegion | "hub"): Record<string, number> {
    const file = path.join(this.nodeDir(node), "run/processes.json");
    const records = JSON.parse(fs.readFileSync(file, "utf8")) as ProcessRecord[];
    return Object.fromEntries(records.map(({ name, pid }) => [name, pid]));
  }

  /** Of every node and the hub: what a fleet that was left alone keeps, while its services' own children come and go. */
  allServicePids(): Record<string, Record<string, number>> {
    return Object.fromEntries([...REGIONS, "hub" as const].map((node) => [node, this.servicePids(node)]));
  }

  /** Rewrites the stack's config as text. */
  editConfig(edit: (text: string) => string): void {
    fs.writeFileSync(this.configFile, edit(fs.readFileSync(this.configFile, "utf8")));
  }

  /** Sets one value in the stack's config: `set(["edge-fleet:size", "cacheMb"], 32)`. */
  setConfig(keys: readonly string[], value: unknown): void {
    this.editConfig((text) => {
      const document = parseDocument(text);
      document.setIn(["config", ...keys], value);
      return document.toString();
    });
  }

  editFile(name: string, edit: (text: string) => string): void {
    const file = path.join(this.dir, name);
    fs.writeFileSync(file, edit(fs.readFileSync(file, "utf8")));
  }

  npm(...args: string[]): Promise<CommandResult> {
    return this.run("npm", ["--no-update-notifier", ...args]);
  }

  pulumi(...args: string[]): Promise<CommandResult> {
    return this.npm("run", "--silent", "pulumi", "--", ...args);
  }

  /** A command in the checkout, with the environment of someone who has just opened a terminal. */
  run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: this.dir,
        env: { ...plainEnv(), ...this.#env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (chunk) => {
          output += chunk;
        });
      }
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? 1, output, ms: Math.round(performance.now() - started) }));
    });
  }

  /** Stops the fleet whatever state it is in, and removes the checkout. */
  async dispose(): Promise<void> {
    const { code, output } = await this.npm("stop");
    assert.equal(code, 0, output);
    assert.deepEqual(processesOf(`${this.stateDir}/nodes`), [], "something runs on after npm stop");
    execFileSync("chmod", ["-R", "u+w", this.dir]);
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Without what npm and the test runner put into the environment of their children. */
function plainEnv(): NodeJS.ProcessEnv {
  const env = Object.entries(process.env).filter(
    ([key]) => !/^(npm_|NODE_|INIT_CWD|PULUMI_|EDGE_)/.test(key) || key === "NODE_EXTRA_CA_CERTS",
  );
  const own = path.join(PACKAGE_DIR, "node_modules");
  const plainPath = (process.env.PATH ?? "").split(path.delimiter).filter((dir) => !dir.startsWith(own));
  return { ...Object.fromEntries(env), PATH: plainPath.join(path.delimiter) };
}
