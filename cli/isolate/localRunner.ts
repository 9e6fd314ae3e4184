import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest } from "node:http";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RunnerConfig } from "@edge-fleet/runner/config";
import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import type { ReleaseVerdict } from "@edge-fleet/runner/release/control";
import { contentsOf } from "@edge-fleet/runner/release/manifest";
import { firstVersion } from "@edge-fleet/runner/release/releasedFunction";
import { type FunctionManifest, RELEASE_SCHEMA, type Release } from "@edge-fleet/runner/release/types";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { CommandError } from "../errors.ts";

/** A JSON line of the runner's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string };

export interface LocalRunnerArgs {
  readonly region: string;
  readonly secretsDir: string;
  /** Folder of what can be made again. */
  readonly cacheDir: string;
  /** What outlives the runner: its key-value store. Absent: nothing does. */
  readonly stateDir?: string;
  readonly stores: Pick<RunnerConfig, "origins" | "postgres" | "redis">;
  readonly onLine: (line: LogLine) => void;
}

/** The bundles of the runner are made at the first start: some seconds on a busy machine. */
const READY_WITHIN_MS = 60_000;
const SERVING_AT_ONCE = 64;

/** The runner of a node, as its own process tree, in a temporary folder: the same isolates, limits and sandbox, without door and cache. */
export class LocalRunner implements AsyncDisposable {
  /** Where it takes requests. */
  readonly socketPath: string;
  readonly agent = new Agent({ keepAlive: true, maxSockets: SERVING_AT_ONCE });
  readonly #dir: string;
  readonly #child: ChildProcess;
  readonly #control: string;
  readonly #ended: Promise<number | null>;
  #releases = 0;

  private constructor(dir: string, child: ChildProcess, config: RunnerConfig) {
    this.#dir = dir;
    this.#child = child;
    this.#control = config.control;
    this.socketPath = config.data;
    this.#ended = new Promise((resolve) => child.once("close", resolve));
  }

  /** Resolves when it takes releases. @throws CommandError when it cannot start */
  static async start({ onLine, stores, ...args }: LocalRunnerArgs): Promise<LocalRunner> {
    // Sockets need short paths.
    const dir = mkdtempSync(join(tmpdir(), "edge-dev-"));
    const config: RunnerConfig = {
      node: "dev",
      region: args.region,
      domain: "localhost",
      data: join(dir, "data.sock"),
      control: join(dir, "control.sock"),
      admin: { host: "127.0.0.1", port: 0 },
      runDir: join(dir, "run"),
      releasesDir: join(dir, "releases"),
      cacheDir: args.cacheDir,
      stateDir: args.stateDir ?? join(dir, "state"),
      secretsDir: args.secretsDir,
      workers: 1,
      privateWorkers: 1,
      workerRssMb: 1_024,
      isolates: { max: 50, idleMs: 300_000, spare: 1 },
      denied: [],
      ...stores,
    };
    for (const folder of [config.releasesDir, config.cacheDir, config.stateDir]) mkdirSync(folder, { recursive: true });
    const file = join(dir, "runner.json");
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const program = [join(PACKAGE_DIR, "runner/main.ts"), file, "--until-stdin-ends"];
    const child = spawn(process.execPath, program, {
      env: { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) },
      // Were we killed, its end of the first pipe would tell it.
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C is ours: what runs is ended in order.
      detached: true,
    });
    const runner = new LocalRunner(dir, child, config);
    try {
      await runner.#listens(onLine);
      return runner;
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Serves these functions and no others from then on, unless they are refused. */
  async deploy(manifests: readonly FunctionManifest[], modulesDir: string): Promise<ReleaseVerdict> {
    const release = ++this.#releases;
    const dir = join(this.#dir, "releases", `${release}`);
    mkdirSync(join(dir, "modules"), { recursive: true });
    for (const { sha256 } of contentsOf(manifests)) {
      copyFileSync(join(modulesDir, sha256), join(dir, "modules", sha256));
    }
    writeFileSync(join(dir, "release.json"), canonicalJson(tableOf(release, manifests)));
    const body = JSON.stringify({ release, generation: release });
    const answer = await this.#post("/releases", body);
    // The one before still serves what it has begun.
    rmSync(join(this.#dir, "releases", `${release - 2}`), { recursive: true, force: true });
    return JSON.parse(answer) as ReleaseVerdict;
  }

  /** Runs until somebody else ends it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    this.agent.destroy();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #listens(onLine: (line: LogLine) => void): Promise<void> {
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("the runner was started without pipes");
    let complaint = "";
    stderr.setEncoding("utf8").on("data", (text) => {
      complaint = (complaint + text).slice(-4_000);
    });
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new CommandError(`the isolate runner does not start: ${why}`));
      const timer = setTimeout(() => fail(`nothing within ${READY_WITHIN_MS / 1_000} s`), READY_WITHIN_MS);
      createInterface({ input: stdout }).on("line", (text) => {
        const line = JSON.parse(text) as LogLine;
        if (line.message === "the router listens") resolve();
        else if (line.message === "the workers cannot start") complaint = String(line.reason);
        onLine(line);
      });
      this.#child.once("error", (error) => fail(error.message));
      this.#child.once("close", (code) => fail(complaint || `it ended with ${code}`));
      // Whichever comes first counts; a timer that is left over holds nothing up.
      timer.unref();
    });
  }

  #post(path: string, body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { "content-length": `${Buffer.byteLength(body)}` };
      const request = httpRequest({ socketPath: this.#control, path, method: "POST", headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.once("end", () => resolve(text)).once("error", reject);
      });
      request.once("error", reject);
      request.end(body);
    });
  }
}

function tableOf(release: number, manifests: readonly FunctionManifest[]): Release {
  const at = new Date().toISOString();
  const deployed = { by: userInfo().username, at, reason: "edge dev", commit: null };
  const sorted = manifests.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const functions = sorted.map((manifest) => firstVersion(manifest, { owner: "command", deployed }));
  const { by: createdBy, reason, commit } = deployed;
  return { schema: RELEASE_SCHEMA, release, createdAt: at, createdBy, reason, commit, functions };
}
