import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { contentOf, publishRelease } from "../../runner/release/fixtures.ts";
import { FolderStore } from "../../runner/release/folderStore.ts";
import { TestRunner, until } from "../../runner/runnerFixture.ts";

/** A node without door and cache: a real runner, and an agent that brings it the releases of a store. */
export class LiveNode implements AsyncDisposable {
  readonly runner: TestRunner;
  readonly #agent: ChildProcess;

  private constructor(runner: TestRunner, agent: ChildProcess) {
    this.runner = runner;
    this.#agent = agent;
  }

  /** @returns one node for each region, when all have taken a first release, in which a program has declared the function `declared` */
  static async startIn(store: string, regions: readonly string[]): Promise<readonly LiveNode[]> {
    mkdirSync(store, { recursive: true });
    const releases = new FolderStore(store);
    await publishRelease(
      releases,
      contentOf({ declared: "export default { fetch: () => new Response('declared') };" }),
    );
    const nodes: LiveNode[] = [];
    try {
      for (const region of regions) nodes.push(await LiveNode.#start(store, region));
      await until("all nodes took it", async () => (await releases.readAcks()).size === regions.length);
      return nodes;
    } catch (error) {
      for (const node of nodes) await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #start(store: string, region: string): Promise<LiveNode> {
    const runner = new TestRunner({ node: region, region, workers: 1, privateWorkers: 0 });
    try {
      await runner.start();
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
    const { node, releasesDir, control } = runner.config;
    const config: AgentConfig = {
      ...{ node, region, releasesDir, control },
      admin: { host: "127.0.0.1", port: 0 },
      pollMs: 50,
      farm: null,
      machine: null,
      certificates: null,
      releaseKeys: null,
      releaseSigner: null,
      cache: null,
      door: null,
      secrets: null,
      store: { address: `file:${store}`, replicas: [] },
    };
    const file = join(runner.dir, "agent.json");
    writeFileSync(file, JSON.stringify(config));
    const agent = spawn(process.execPath, [join(PACKAGE_DIR, "runner/agent/main.ts"), file], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new LiveNode(runner, agent);
  }

  /** The body of what it answers, and the status before it. */
  async fetch(path: string): Promise<string> {
    const { status, body } = await this.runner.fetch(path);
    return `${status} ${body}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.kill("SIGKILL");
    if (this.#agent.exitCode === null && this.#agent.signalCode === null) await once(this.#agent, "exit");
    await this.runner[Symbol.asyncDispose]();
  }
}
