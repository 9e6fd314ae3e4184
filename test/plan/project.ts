import { spawn } from "node:child_process";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { parseDocument } from "yaml";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import { Moto } from "../release/moto.ts";
import { GroupService } from "./standIn/groupService.ts";
import { ACCOUNT } from "./standIn/types.ts";

/** What a plan says of one resource. */
export interface PlanStep {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Keys whose change replaces the resource. */
  readonly replaceReasons: readonly string[];
  /** Keys that change. */
  readonly diffReasons: readonly string[];
}

export interface EngineResult {
  readonly code: number;
  readonly output: string;
  readonly ms: number;
}

/** The state is written once, at the end: a file of megabytes after each of hundreds of resources would take minutes. */
export const WITHOUT_CHECKPOINTS = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };

const LOCK_OF_TESTS = {
  haproxy: { image: "registry.test/haproxy:3.4.3", digest: digest("1") },
  varnish: { image: "registry.test/varnish:9.0.3", digest: digest("2") },
  node: { image: "registry.test/node:26-slim", digest: digest("3") },
  debian: { image: "registry.test/debian:13-slim", digest: digest("4") },
  "node-exporter": { image: "registry.test/node-exporter:v1.12.1", digest: digest("5") },
};

function digest(digit: string): string {
  return `sha256:${digit.repeat(64)}`;
}

/**
 * A project in a temporary folder: this package's program and stacks, with stand-ins (`standIn/`) in place of the cloud's provider plugins, a file
 * backend of its own, and test data where the shipped files say that nobody has looked it up yet.
 */
export class PlanProject {
  readonly dir: string;
  /** What rollouts ask. */
  readonly groups = new GroupService();
  /** S3 and Secrets Manager, which releases are written to and signed from: a real server. */
  readonly moto = new Moto();
  readonly #releaseKey = generateKeyPairSync("ed25519");
  #started: Promise<void> | null = null;

  constructor() {
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "edge-plan-"));
    for (const name of ["package.json", "tsconfig.json", "index.ts"]) fs.copyFileSync(at(name), this.path(name));
    for (const name of ["stacks", "functions"]) fs.cpSync(at(name), this.path(name), { recursive: true });
    // The Dockerfiles' folders are read for tags; Node follows links to the real files.
    for (const name of ["node_modules", "components", "runner", "adapters"]) fs.symlinkSync(at(name), this.path(name));
    for (const name of ["backend", "tmp"]) fs.mkdirSync(this.path(name));
    fs.writeFileSync(this.path("images.lock.json"), JSON.stringify(LOCK_OF_TESTS));
    const project = parseDocument(fs.readFileSync(at("Pulumi.yaml"), "utf8"));
    const providers = ["aws", "docker"].map((name) => ({
      name,
      path: path.join(import.meta.dirname, "standIn/plugins", name),
    }));
    project.set("plugins", { providers });
    fs.writeFileSync(this.path("Pulumi.yaml"), project.toString());
  }

  path(...names: string[]): string {
    return path.join(this.dir, ...names);
  }

  /** Copies a shipped stack's config, with what only an account's owner can know: its number, an image's serial, digests, keys. */
  async initStack(stack: string): Promise<void> {
    if (stack === "bootstrap") {
      this.setConfig(stack, ["edge-fleet:account", "id"], ACCOUNT);
    } else {
      await this.#knowAccount(stack);
    }
    const { code, output } = await this.pulumi(["stack", "init", stack, "--no-select"]);
    if (code !== 0) throw new Error(output);
  }

  async #knowAccount(stack: string): Promise<void> {
    await this.#start();
    const secret = `edge-release/${stack}`;
    const trusted = this.#releaseKey.publicKey.export({ type: "spki", format: "pem" });
    this.setConfig(stack, ["edge-fleet:aws", "releaseKey"], { secret, trusted });
    await this.#putSecret(this.#home(stack), secret);
    this.setConfig(stack, ["edge-fleet:aws", "account"], ACCOUNT);
    this.setConfig(stack, ["edge-fleet:aws", "machineImage"], { serial: "20261014" });
    this.setConfig(stack, ["edge-fleet:aws", "images"], { runner: digest("6"), varnish: digest("7") });
  }

  readConfig(stack: string): string {
    return fs.readFileSync(this.path(`stacks/Pulumi.${stack}.yaml`), "utf8");
  }

  writeConfig(stack: string, text: string): void {
    fs.writeFileSync(this.path(`stacks/Pulumi.${stack}.yaml`), text);
  }

  setConfig(stack: string, keys: readonly string[], value: unknown): void {
    const document = parseDocument(this.readConfig(stack));
    if (value === undefined) document.deleteIn(["config", ...keys]);
    else document.setIn(["config", ...keys], value);
    this.writeConfig(stack, document.toString());
  }

  /** What an `up` would do. */
  async preview(stack: string): Promise<readonly PlanStep[]> {
    const { code, output } = await this.pulumi(["preview", "--json", "--stack", stack]);
    if (code !== 0) throw new Error(output);
    return planOf(output);
  }

  /** The same, of which nothing is the same as before. */
  async changes(stack: string): Promise<readonly PlanStep[]> {
    return (await this.preview(stack)).filter(({ op }) => op !== "same");
  }

  async up(stack: string, env: Readonly<Record<string, string>> = {}): Promise<EngineResult> {
    return this.pulumi(["up", "--yes", "--skip-preview", "--stack", stack], env);
  }

  /** Lifts every protection, as whoever deletes a whole fleet must. */
  async unprotect(stack: string): Promise<void> {
    const { code, output } = await this.pulumi(["state", "unprotect", "--all", "--yes", "--stack", stack]);
    if (code !== 0) throw new Error(output);
  }

  /** Every resource of the stack, as its state has it. */
  async state(stack: string): Promise<readonly StateResource[]> {
    const { code, output } = await this.pulumi(["stack", "export", "--stack", stack]);
    if (code !== 0) throw new Error(output);
    return (JSON.parse(output) as { deployment: { resources?: readonly StateResource[] } }).deployment.resources ?? [];
  }

  async pulumi(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<EngineResult> {
    const started = performance.now();
    await this.#start();
    const tools = process.env.EDGE_TOOLS_DIR ?? at(".edge/tools");
    return new Promise((resolve, reject) => {
      const child = spawn(path.join(tools, "bin/pulumi"), args, {
        cwd: this.dir,
        env: {
          ...process.env,
          PATH: [path.join(tools, "bin"), at("node_modules/.bin"), process.env.PATH].join(path.delimiter),
          PULUMI_BACKEND_URL: `file://${this.path("backend")}`,
          PULUMI_CONFIG_PASSPHRASE: "of a test",
          PULUMI_HOME: this.path("home"),
          // The engine leaves its pipes there.
          TMPDIR: this.path("tmp"),
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          // No look at the instance metadata of the machine that runs the tests.
          AWS_EC2_METADATA_DISABLED: "true",
          NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
          ...this.groups.env,
          ...this.storeEnv,
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const printed = { out: "", err: "" };
      child.stdout.setEncoding("utf8").on("data", (text) => {
        printed.out += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text) => {
        printed.err += text;
      });
      child.on("error", reject);
      child.on("close", (code) => {
        const ms = Math.round(performance.now() - started);
        // An error is at the end of hundreds of lines.
        resolve({
          code: code ?? 1,
          output: code === 0 ? printed.out : `${printed.out}${printed.err}`.slice(-8_000),
          ms,
        });
      });
    });
  }

  /** Environment with which the store's and the secrets' clients come to moto. */
  get storeEnv(): Record<string, string> {
    return { AWS_ENDPOINT_URL_S3: this.moto.endpoint, AWS_ENDPOINT_URL_SECRETS_MANAGER: this.moto.endpoint };
  }

  /** With what the stacks' releases are signed. */
  get releaseKey(): KeyObject {
    return this.#releaseKey.privateKey;
  }

  async dispose(): Promise<void> {
    this.groups.stop();
    fs.rmSync(this.dir, { recursive: true, force: true });
    await this.moto.stop();
  }

  #start(): Promise<void> {
    this.#started ??= (async () => {
      await Promise.all([this.groups.start(), this.moto.start()]);
      await this.moto.loadSecrets();
    })();
    return this.#started;
  }

  #home(stack: string): string {
    return parseDocument(this.readConfig(stack)).getIn(["config", "edge-fleet:aws", "home"]) as string;
  }

  async #putSecret(region: string, Name: string): Promise<void> {
    const client = new SecretsManagerClient({ region, endpoint: this.moto.endpoint });
    const SecretString = String(this.#releaseKey.privateKey.export({ type: "pkcs8", format: "pem" }));
    await client.send(new CreateSecretCommand({ Name, SecretString }));
    client.destroy();
  }
}

export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

interface RawStep {
  readonly op: string;
  readonly urn: string;
  readonly newState?: { readonly type: string; readonly inputs?: PlanStep["inputs"] };
  readonly oldState?: { readonly type: string; readonly inputs?: PlanStep["inputs"] };
  readonly replaceReasons?: readonly string[] | null;
  readonly diffReasons?: readonly string[] | null;
}

function planOf(output: string): readonly PlanStep[] {
  const { steps } = JSON.parse(output) as { readonly steps: readonly RawStep[] };
  return steps.map(({ op, urn, newState, oldState, replaceReasons, diffReasons }) => {
    const state = newState ?? oldState;
    return {
      op,
      urn,
      type: state?.type ?? "",
      name: urn.split("::").at(-1) ?? "",
      inputs: state?.inputs ?? {},
      replaceReasons: replaceReasons ?? [],
      diffReasons: diffReasons ?? [],
    };
  });
}

function at(name: string): string {
  return path.join(PACKAGE_DIR, name);
}
