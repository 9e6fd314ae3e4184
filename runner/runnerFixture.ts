import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bindings } from "./bindings/kinds.ts";
import type { RunnerConfig } from "./config.ts";
import type { FunctionLimits } from "./limits.ts";
import { MetricsText } from "./metricsText.ts";
import type { Policies } from "./policies/policies.ts";
import type { Egress, FunctionCache, Isolation } from "./release/types.ts";
import { writeTestRelease } from "./releaseFixture.ts";
import type { Route } from "./routes/route.ts";
import type { Schedule } from "./schedules/schedule.ts";

/** A function as a test writes it. */
export interface TestFunction {
  readonly code: string;
  /** Its source map. */
  readonly map?: string;
  /** What the code imports that is no code, by name: `import edgeModule$ from "edge:modules"` as a bundle does. */
  readonly imports?: Readonly<Record<string, { readonly type: "wasm" | "text" | "data"; readonly bytes: Uint8Array }>>;
  /** Static assets by their paths. */
  readonly assets?: Readonly<Record<string, string>>;
  /** As people write them: `GET api.example.com/x`. */
  readonly routes: readonly (string | Route)[];
  readonly limits?: Partial<FunctionLimits>;
  readonly env?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly bindings?: Bindings;
  readonly egress?: Egress;
  readonly isolation?: Isolation;
  readonly schedules?: readonly Schedule[];
  readonly passThrough?: string;
  readonly policies?: Policies;
  readonly cache?: FunctionCache;
  /** What else the release has of it. */
  readonly versions?: {
    /** Of the stable version; 1 unless it is said. */
    readonly number?: number;
    /** Code of the candidate of a split, whose number is the next one. */
    readonly candidate?: string;
    /** Code of kept versions by their numbers. */
    readonly previews?: Readonly<Record<number, string>>;
  };
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A busy machine takes long over a process tree. How fast something is, no waiting says: that is measured beside it. */
const PATIENCE_MS = 60_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** A real runner, started as its own process tree in a folder of its own. */
export class TestRunner {
  readonly dir = mkdtempSync(join(tmpdir(), "edge-runner-"));
  readonly config: RunnerConfig;
  /** JSON lines of all processes. */
  readonly lines: Record<string, unknown>[] = [];
  process: ChildProcess | undefined;
  /** A command that runs the supervisor in its place: program and arguments before `node`. */
  wrapper: readonly string[] = [];
  readonly #spawned: ChildProcess[] = [];
  #lastRelease = 0;

  constructor(config: Partial<RunnerConfig> = {}) {
    this.config = {
      node: "test-node",
      region: "eu-test-1",
      domain: "edge.test",
      data: join(this.dir, "data.sock"),
      control: join(this.dir, "control.sock"),
      admin: { host: "127.0.0.1", port: 0 },
      runDir: join(this.dir, "run"),
      releasesDir: join(this.dir, "releases"),
      cacheDir: join(this.dir, "cache"),
      workers: 2,
      privateWorkers: 2,
      workerRssMb: 1_024,
      isolates: { max: 50, idleMs: 300_000, spare: 2 },
      stateDir: join(this.dir, "state"),
      secretsDir: join(this.dir, "secrets"),
      origins: [],
      postgres: [],
      redis: [],
      denied: [],
      ...config,
    };
    mkdirSync(this.config.releasesDir, { recursive: true });
  }

  /** Starts the supervisor; resolves when the control socket answers. */
  async start(): Promise<void> {
    const child = this.spawn();
    this.process = child;
    await until("the runner listens", () => this.line("the router listens") !== undefined || child.exitCode !== null);
    if (child.exitCode !== null) throw new Error(`the runner listens: no, it ended with ${child.exitCode}`);
  }

  /** Starts a supervisor, of both services or of the one named, and takes its log lines. */
  spawn(service?: "runner" | "sandbox"): ChildProcess {
    const path = join(this.dir, "runner.json");
    writeFileSync(path, JSON.stringify(this.config));
    const args = [join(import.meta.dirname, "main.ts"), path, ...(service === undefined ? [] : ["--service", service])];
    const [program, ...wrapped] = [...this.wrapper, process.execPath, ...args] as [string, ...string[]];
    const child = spawn(program, wrapped, { stdio: ["ignore", "pipe", "inherit"] });
    this.#spawned.push(child);
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) this.lines.push(JSON.parse(line));
    });
    return child;
  }

  /** The newest log line with this message. */
  line(message: string): Record<string, unknown> | undefined {
    return this.lines.findLast((line) => line.message === message);
  }

  /** Writes a release the way the agent does; returns its number. */
  writeRelease(functions: Readonly<Record<string, TestFunction>>): number {
    const release = ++this.#lastRelease;
    writeTestRelease(this.config.releasesDir, release, functions);
    return release;
  }

  /** Puts a secret's value on the node. */
  writeSecret(name: string, value: string): void {
    mkdirSync(this.config.secretsDir, { recursive: true, mode: 0o700 });
    writeFileSync(join(this.config.secretsDir, name), value, { mode: 0o600 });
  }

  /** Gives a release to the router. */
  async activate(release: number): Promise<TestAnswer> {
    const body = JSON.stringify({ release, generation: release });
    return send(this.config.control, "/releases", { method: "POST", body });
  }

  /** Writes a release and gives it to the router; fails the test when it is refused. */
  async deploy(functions: Readonly<Record<string, TestFunction>>): Promise<number> {
    const release = this.writeRelease(functions);
    const { status, body } = await this.activate(release);
    if (status !== 200) throw new Error(`release ${release} was refused: ${body}`);
    return release;
  }

  /** Asks the control socket. */
  ask(path: string, request: TestRequest = {}): Promise<TestAnswer> {
    return send(this.config.control, path, request);
  }

  fetch(path: string, request: TestRequest = {}): Promise<TestAnswer> {
    return send(this.config.data, path, request);
  }

  get adminAddress(): AddressInfo {
    const line = this.line("the router listens");
    if (line === undefined) throw new Error("the runner does not listen yet");
    return line.admin as AddressInfo;
  }

  async admin(path: string): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.adminAddress.port}${path}`)).text();
  }

  async metrics(): Promise<MetricsText> {
    return new MetricsText(await this.admin("/metrics"));
  }

  /** SIGTERM, then waits for the exit. */
  async stop(): Promise<number | null> {
    return this.process === undefined ? null : stopAndWait(this.process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#spawned.map(stopAndWait));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function stopAndWait(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return gone;
}

/** Looks again and again until `condition` holds. @throws Error naming `what` after `withinMs`, which is a test's own bound or a minute. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function send(
  socketPath: string,
  path: string,
  { method = "GET", headers = {}, body }: TestRequest,
): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { "content-length": `${Buffer.byteLength(body)}` };
    const request = httpRequest(
      { socketPath, path, method, agent, headers: { host: "edge.example", ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          });
        });
      },
    );
    request.once("error", reject);
    request.end(body);
  });
}
