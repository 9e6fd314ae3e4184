import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { issueCertificate } from "../../components/local/authority.ts";
import { programPath } from "../../components/local/services.ts";
import { heldCertificate, peerName } from "../../components/node/certificates.ts";
import { commandFolders } from "../../components/node/commandSockets.ts";
import { haproxyCommand, judgeCommand, varnishCommand } from "../../components/node/commands.ts";
import { judgeSocket, policyFolder, policyMaps } from "../../components/node/haproxy/policies/maps.ts";
import { folderStore, type NodeConfig, type NodeLayout } from "../../components/node/nodeConfig.ts";
import { LONE_NODE } from "../../components/node/nodeFixture.ts";
import { renderNode } from "../../components/node/renderNode.ts";
import { type TestFunction, TestRunner, until } from "../../runner/runnerFixture.ts";

/** Suites run beside each other in processes of their own. */
export const OWN_ADDRESS = `127.${(process.pid >> 14) + 32}.${(process.pid >> 7) & 127}.${(process.pid & 127) + 1}`;

/** A node as it is rendered, with real programs: HAProxy, Varnish and the runner, on a loopback address of its own. */
export class TestNode {
  readonly config: NodeConfig;
  readonly runner: TestRunner;
  readonly layout: NodeLayout;
  readonly #processes = new Map<string, ChildProcess>();

  /** @param certificates folder that the nodes of a fleet share. Default: the node's own. */
  constructor(config: Partial<NodeConfig> = {}, certificates?: string) {
    this.config = {
      ...LONE_NODE,
      name: "eu-test-1",
      region: "eu-test-1",
      address: OWN_ADDRESS,
      size: { ...LONE_NODE.size, workers: 1 },
      ...config,
    };
    const { name, region } = this.config;
    this.runner = new TestRunner({ node: name, region, workers: 1, privateWorkers: 1 });
    const root = this.runner.dir;
    const shared = certificates ?? join(root, "certificates");
    this.layout = {
      etc: join(root, "etc"),
      run: root,
      commands: join(root, "commands"),
      workers: this.runner.config.runDir,
      data: join(root, "data"),
      certificate: join(root, "certificates/fleet.pem"),
      peers: { certificate: join(root, "certificates/peers.pem"), authority: join(shared, "peers-ca.pem") },
      secrets: join(root, "secrets"),
      sealed: null,
      store: folderStore(join(root, "store")),
      releaseKeys: null,
      releaseSigner: null,
    };
  }

  get authority(): string {
    return readFileSync(join(this.runner.dir, "certificates/ca.pem"), "utf8");
  }

  /** Starts everything and serves these functions; resolves when the node says that it is ready. */
  async start(functions: Readonly<Record<string, TestFunction>>): Promise<void> {
    await this.prepare();
    await this.runner.deploy(functions);
    await this.open();
  }

  /** Starts the runner, without functions yet. */
  async prepare(): Promise<void> {
    for (const dir of [this.layout.etc, policyFolder(this.layout), ...commandFolders(this.layout)])
      mkdirSync(dir, { recursive: true });
    for (const map of Object.values(policyMaps(this.layout))) writeFileSync(map, "");
    await issueCertificate({
      names: [this.config.domain, `*.${this.config.domain}`],
      addresses: [this.config.address],
      authorityFile: join(this.runner.dir, "certificates/ca.pem"),
      certificateFile: heldCertificate(this.layout, "fleet"),
    });
    await issueCertificate({
      names: [peerName(this.config.domain)],
      addresses: [],
      authorityFile: this.layout.peers.authority,
      certificateFile: heldCertificate(this.layout, "peers"),
      forClients: true,
    });
    const runnerConfig = this.runner.config as { data: string };
    runnerConfig.data = join(this.layout.run, "router.sock");
    await this.runner.start();
    for (const [name, text] of Object.entries(renderNode(this.config, this.layout))) {
      writeFileSync(join(this.layout.etc, name), text);
    }
  }

  /** Starts what is in front of the runner; resolves when the node says that it is ready. */
  async open(): Promise<void> {
    this.startVarnish();
    this.startJudge();
    await this.judging();
    this.startHaproxy();
    await this.ready();
  }

  async ready(): Promise<void> {
    await until("the node is ready", () => this.#isReady());
  }

  startVarnish(): ChildProcess {
    return this.#spawn("varnish", varnishCommand(this.config, this.layout));
  }

  startHaproxy(): ChildProcess {
    return this.#spawn("haproxy", haproxyCommand(this.layout));
  }

  startJudge(): ChildProcess {
    return this.#spawn("judge", judgeCommand(this.layout));
  }

  async stopJudge(): Promise<void> {
    await stopAndWait(this.#processes.get("judge") as ChildProcess);
  }

  /** Resolves when the judge sees the cache. */
  async judging(): Promise<void> {
    await until("the judge sees the cache", () => this.#isJudging());
  }

  async restartHaproxy(): Promise<void> {
    await stopAndWait(this.#processes.get("haproxy") as ChildProcess);
    this.startHaproxy();
    await this.ready();
  }

  async restartVarnish(command: readonly string[]): Promise<void> {
    await stopAndWait(this.#processes.get("varnish") as ChildProcess);
    this.#spawn("varnish", command);
  }

  process(name: "haproxy" | "judge" | "varnish"): ChildProcess {
    return this.#processes.get(name) as ChildProcess;
  }

  /** What a program has written. */
  log(name: "haproxy" | "judge" | "varnish"): string {
    return readFileSync(join(this.layout.run, `${name}.log`), "utf8");
  }

  /** HAProxy, Varnish and the judge, where they run. */
  get pids(): number[] {
    return [...this.#processes.values()].map(({ pid }) => pid as number);
  }

  /** Asks the door without TLS, or the metrics. */
  plain(
    path: string,
    port = this.config.ports.http,
  ): Promise<{ status: number; body: string; headers: http.IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      const request = http.get({ host: this.config.address, port, path, agent: false }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      });
      request.on("error", reject);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#processes.values()].map((child) => stopAndWait(child)));
    await this.runner[Symbol.asyncDispose]();
  }

  #spawn(name: string, [program, ...args]: readonly string[]): ChildProcess {
    const log = openSync(join(this.layout.run, `${name}.log`), "a");
    const PATH = programPath().join(":");
    const child = spawn(program as string, args, { stdio: ["ignore", log, log], env: { PATH } });
    closeSync(log);
    this.#processes.set(name, child);
    return child;
  }

  #isJudging(): Promise<boolean> {
    return new Promise((resolve) => {
      const socketPath = judgeSocket(this.layout);
      const request = http.get({ socketPath, path: "/.edge/healthz", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.on("error", () => resolve(false));
    });
  }

  async #isReady(): Promise<boolean> {
    const dead = [...this.#processes].find(([, child]) => child.exitCode !== null);
    if (dead !== undefined) throw new Error(`${dead[0]} ended: ${this.log(dead[0] as "haproxy")}`);
    for (const path of ["/readyz", "/healthz"]) {
      if ((await this.plain(path).catch(() => null))?.status !== 200) return false;
    }
    return true;
  }
}

function stopAndWait(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return gone;
}
