import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_DIR } from "../../components/packageDir.ts";

export const EDGE = join(PACKAGE_DIR, "cli/edge.mjs");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface EdgeOptions {
  /** Default: the package's own folder. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs the real command to its end, its output piped. */
export function edge(
  args: readonly string[],
  { cwd = PACKAGE_DIR, env = {}, input }: EdgeOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [EDGE, ...args], { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output }));
  });
}

/** The command while it runs, with `--json`: its records as they come. */
export class RunningEdge implements AsyncDisposable {
  readonly records: Record<string, unknown>[] = [];
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #stderr = "";
  #heard: () => void = () => {};

  constructor(args: readonly string[], { cwd = PACKAGE_DIR, env = {} }: EdgeOptions = {}) {
    const child = spawn(process.execPath, [EDGE, ...args, "--json"], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.ended = new Promise((resolve) => child.once("close", resolve));
    void this.ended.then(() => this.#heard());
    child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#stderr += text;
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      this.records.push(JSON.parse(line));
      this.#heard();
    });
  }

  /** The first record from `from` on for which `fits` is true; fails when the command ends before. */
  async record(fits: (record: Record<string, unknown>) => boolean, from = 0): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.records.slice(from).find(fits);
      if (found !== undefined) return found;
      const code = await Promise.race([
        this.ended,
        new Promise<undefined>((heard) => {
          this.#heard = () => heard(undefined);
        }),
      ]);
      if (code !== undefined && !this.records.slice(from).some(fits)) {
        throw new Error(`it ended with ${code}: ${JSON.stringify(this.records)} ${this.#stderr}`);
      }
    }
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.ended;
  }
}

const STACK = `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF], address: 127.0.3.1 }
    us-east-1: { continents: [NA, SA, AN, AS, OC], default: true, address: 127.0.3.2 }
`;

/** A project of its own in a temporary folder, with two regions and no function, which is removed at the end. */
export class TestProject {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-cli-"));

  /** What its stack config was at first. */
  readonly stack: string;

  constructor({ stack = STACK }: { readonly stack?: string } = {}) {
    this.stack = stack;
    this.write("Pulumi.yaml", "name: edge-fleet\nruntime: nodejs\nstackConfigDir: stacks\n");
    this.write("stacks/Pulumi.local.yaml", stack);
    // Functions import of the package by its own name, as in a checkout.
    const { name, type, exports } = JSON.parse(readFileSync(join(PACKAGE_DIR, "package.json"), "utf8"));
    this.write("package.json", JSON.stringify({ name, type, exports }));
    for (const folder of ["node_modules", "adapters"]) symlinkSync(join(PACKAGE_DIR, folder), join(this.dir, folder));
    mkdirSync(join(this.dir, "functions"));
  }

  /** Release store of its local fleet. */
  get store(): string {
    return join(this.dir, ".edge/state/store");
  }

  write(path: string, content: string): void {
    const file = join(this.dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  edge(args: readonly string[], options: Omit<EdgeOptions, "cwd"> = {}): Promise<Ended> {
    return edge(args, { ...options, cwd: this.dir, env: { EDGE_STATE_DIR: "", ...options.env } });
  }

  /** A command that goes on. */
  start(args: readonly string[]): RunningEdge {
    return new RunningEdge(args, { cwd: this.dir, env: { EDGE_STATE_DIR: "" } });
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
