import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import http2 from "node:http2";
import { join } from "node:path";
import { COUNTRY_MAP } from "../../components/node/haproxy/countryMap.ts";
import type { NodeConfig } from "../../components/node/nodeConfig.ts";
import { DEFAULT_LIMITS } from "../../runner/limits.ts";
import { NO_POLICIES, type Policies } from "../../runner/policies/policies.ts";
import { changeRelease } from "../../runner/release/changeRelease.ts";
import { publishRelease } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { functionVersion, sha256Hex } from "../../runner/release/manifest.ts";
import { waitForAcks } from "../../runner/release/publish.ts";
import type { TableChange } from "../../runner/release/tableChanges.ts";
import type { Current, Deployed, FunctionCache, FunctionManifest, Release } from "../../runner/release/types.ts";
import { parseRoute, type Route } from "../../runner/routes/route.ts";
import { toDoor } from "./clients.ts";
import { TestNode } from "./testNode.ts";

/** Answers with what it was asked. */
const ECHO = `export default {
  async fetch(request, env) {
    const headers = { "content-type": "application/json", "cache-control": env.CACHE ?? "no-store" };
    const body = (await request.text()).length;
    return Response.json({ by: env.NAME, url: request.url, key: request.headers.get("x-api-key"), body }, { headers });
  },
};`;

export interface PolicedFunction {
  readonly routes: readonly string[];
  readonly policies?: Partial<Policies>;
  readonly cache?: string;
  /** Default: answers with what it was asked. */
  readonly code?: string;
  readonly onDeploy?: FunctionCache["onDeploy"];
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body, read as JSON. */
  readonly body: Record<string, unknown> & { readonly error?: Record<string, unknown> };
}

export interface Ask {
  readonly method?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

/** A node whose functions come as releases by its own agent, so that the door has what they say of requests. */
export class PolicedNode {
  readonly node: TestNode;
  readonly store: FolderStore;
  readonly #modules = new Map<string, Buffer>();
  #agent: ChildProcess | undefined;
  #session: http2.ClientHttp2Session | undefined;
  #log = "";

  constructor(config: Partial<NodeConfig> = {}) {
    this.node = new TestNode(config);
    this.store = new FolderStore(this.node.layout.store.address.slice("file:".length));
  }

  async start(functions: Readonly<Record<string, PolicedFunction>>): Promise<void> {
    mkdirSync(this.store.where, { recursive: true });
    await this.node.prepare();
    if (this.node.config.countryMap) writeFileSync(join(this.node.layout.etc, COUNTRY_MAP), "");
    this.startAgent();
    await this.publish(functions);
    await this.node.open();
  }

  startAgent(): void {
    const { etc } = this.node.layout;
    const { releasesDir } = this.node.runner.config;
    const file = join(etc, "agent.json");
    writeFileSync(
      file,
      JSON.stringify({
        ...JSON.parse(readFileSync(file, "utf8")),
        releasesDir,
        pollMs: 20,
        releaseKeys: null,
        releaseSigner: null,
        certificates: null,
      }),
    );
    const main = join(import.meta.dirname, "../../runner/agent/main.ts");
    this.#agent = spawn(process.execPath, [main, file], { stdio: ["ignore", "pipe", "inherit"] });
    this.#agent.stdout?.setEncoding("utf8").on("data", (text) => {
      this.#log += text;
    });
  }

  /** HAProxy anew, with the files that are there. */
  async restartDoor(): Promise<void> {
    this.#session?.destroy();
    this.#session = undefined;
    await this.node.restartHaproxy();
  }

  async startJudge(): Promise<void> {
    this.node.startJudge();
    await this.node.judging();
  }

  async restartJudge(): Promise<void> {
    await this.node.stopJudge();
    await this.startJudge();
  }

  async stopAgent(): Promise<void> {
    const agent = this.#agent;
    if (agent === undefined || agent.exitCode !== null) return;
    const gone = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGTERM");
    await gone;
  }

  /** What the agent has logged. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the node serves the release, its door included. */
  async publish(functions: Readonly<Record<string, PolicedFunction>>): Promise<void> {
    const manifests = Object.entries(functions).map(([name, known]) => this.manifest(name, known));
    const modules = (sha256: string) => this.#modules.get(sha256) as Buffer;
    const { current } = await publishRelease(this.store, {
      functions: manifests,
      modules,
      createdBy: "test",
      reason: "test",
    });
    await this.#taken(current);
  }

  /** The same for a change of the table that there is. */
  async change(change: TableChange): Promise<Release> {
    const modules = (sha256: string) => this.#modules.get(sha256) ?? null;
    const { current, release } = await changeRelease(this.store, change, { deployed: deployed(), modules });
    await this.#taken(current);
    return release;
  }

  /** A version of a function, whose code the store gets with the release that has it. */
  manifest(name: string, known: PolicedFunction): FunctionManifest {
    const code = Buffer.from(known.code ?? ECHO);
    this.#modules.set(sha256Hex(code), code);
    return manifestOf(name, known, code);
  }

  async #taken({ generation }: Current): Promise<void> {
    const nodes = [this.node.config.name];
    const outcomes = await waitForAcks(this.store, { generation, nodes, timeoutMs: 20_000, pollMs: 10 });
    const { status, reason } = outcomes.get(this.node.config.name) ?? {};
    if (status !== "active") throw new Error(`the release was not taken: ${status} ${reason}\n${this.#log}`);
  }

  /** Asks the door of clients in HTTP/2. */
  ask(path: string, { method = "GET", host = this.node.config.domain, headers = {}, body }: Ask = {}): Promise<Answer> {
    const { address, ports, domain } = this.node.config;
    this.#session ??= http2.connect(`https://${address}:${ports.https}`, {
      ca: this.node.authority,
      servername: domain,
    });
    const stream = this.#session.request({ ":method": method, ":path": path, ":authority": host, ...headers });
    return new Promise((resolve, reject) => {
      let text = "";
      let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
      stream.on("response", (received) => {
        head = received;
      });
      stream.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      stream.on("error", reject);
      stream.on("end", () => resolve(answerOf(head[":status"] ?? 0, head, text)));
      stream.end(body);
    });
  }

  /** The same in HTTP/1.1, byte for byte as it is written. */
  async askRaw(lines: readonly string[], body = ""): Promise<Answer> {
    const socket = await toDoor(this.node);
    socket.end(`${[...lines, "connection: close"].join("\r\n")}\r\n\r\n${body}`);
    const text = Buffer.concat(await socket.toArray()).toString();
    const [head = "", rest = ""] = text.split("\r\n\r\n");
    const [first = "", ...fields] = head.split("\r\n");
    const headers = Object.fromEntries(fields.map((field) => field.split(": ") as [string, string]));
    const whole = headers["transfer-encoding"] === "chunked" ? unchunked(rest) : rest;
    return answerOf(Number(first.split(" ")[1]), headers, whole);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session?.destroy();
    await this.stopAgent();
    await this.node[Symbol.asyncDispose]();
  }
}

/** Who changes releases in tests. */
export function deployed(reason = "test"): Deployed {
  return { by: "test", at: new Date().toISOString(), reason, commit: null };
}

function manifestOf(
  name: string,
  { routes, policies, cache, onDeploy }: PolicedFunction,
  code: Buffer,
): FunctionManifest {
  const content: Omit<FunctionManifest, "version"> = {
    name,
    entry: "index.mjs",
    modules: [{ name: "index.mjs", type: "esm", sha256: sha256Hex(code), bytes: code.length }],
    assets: [],
    routes: routes.map((text) => parseRoute(text) as Route),
    limits: DEFAULT_LIMITS,
    env: { NAME: name, ...(cache !== undefined && { CACHE: cache }) },
    secrets: {},
    bindings: {},
    egress: { allow: null },
    isolation: "shared",
    schedules: [],
    passThrough: null,
    regions: [],
    ...(policies && { policies: { ...NO_POLICIES, ...policies } }),
    ...(onDeploy && { cache: { onDeploy } }),
  };
  return { ...content, version: functionVersion(content) };
}

function answerOf(status: number, headers: Answer["headers"], text: string): Answer {
  const isJson = String(headers["content-type"]).startsWith("application/json");
  return { status, headers, body: isJson && text !== "" ? JSON.parse(text) : {} };
}

function unchunked(body: string): string {
  return body.replace(/^[0-9a-f]+\r\n|\r\n0\r\n.*$|\r\n[0-9a-f]+\r\n/gis, "");
}
