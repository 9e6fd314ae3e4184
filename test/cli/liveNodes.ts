import { type ChildProcess, spawn } from "node:child_process";
import { createPublicKey, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_DIR } from "../../components/packageDir.ts";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { contentOf, publishRelease } from "../../runner/release/fixtures.ts";
import { openStore } from "../../runner/release/openStore.ts";
import { TestRunner, until } from "../../runner/runnerFixture.ts";

interface Place {
  readonly node: string;
  readonly region: string;
}

interface Taking {
  /** How often a node looks at the store, ms. */
  readonly pollMs: number;
  /** Key of the first release, which nodes ask of all others too; null where nothing is signed. */
  readonly key: KeyObject | null;
}

/** The public half of a private key. */
export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: "spki", format: "pem" }).toString();
}

/** A node without door and cache: a real runner, and an agent that brings it the releases of a store. */
export class LiveNode implements AsyncDisposable {
  readonly runner: TestRunner;
  readonly #agent: ChildProcess;

  private constructor(runner: TestRunner, agent: ChildProcess) {
    this.runner = runner;
    this.#agent = agent;
  }

  /** @returns one node for each region, as {@link startOn}, on a store in a folder */
  static startIn(folder: string, regions: readonly string[]): Promise<readonly LiveNode[]> {
    mkdirSync(folder, { recursive: true });
    const places = regions.map((region) => ({ node: region, region }));
    return LiveNode.startOn(`file:${folder}`, places, { pollMs: 50, key: null });
  }

  /** @returns these nodes, when all have taken a first release, in which a program has declared the function `declared` */
  static async startOn(store: string, places: readonly Place[], taking: Taking): Promise<readonly LiveNode[]> {
    const releases = await openStore(store);
    await publishRelease(
      releases,
      contentOf({ declared: "export default { fetch: () => new Response('declared') };" }),
      taking.key,
    );
    const nodes: LiveNode[] = [];
    try {
      for (const place of places) nodes.push(await LiveNode.#start(store, place, taking));
      await until("all nodes took it", async () => (await releases.readAcks()).size === places.length);
      return nodes;
    } catch (error) {
      for (const node of nodes) await node[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #start(store: string, place: Place, { pollMs, key }: Taking): Promise<LiveNode> {
    const runner = new TestRunner({ ...place, workers: 1, privateWorkers: 0 });
    try {
      await runner.start();
    } catch (error) {
      await runner[Symbol.asyncDispose]();
      throw error;
    }
    const { node, region, releasesDir, control } = runner.config;
    const releaseKeys = key === null ? null : join(runner.dir, "release.pub");
    if (releaseKeys !== null) writeFileSync(releaseKeys, publicPem(key as KeyObject));
    const config: AgentConfig = {
      ...BARE_AGENT,
      ...{ node, region, releasesDir, control },
      pollMs,
      releaseKeys,
      store: { address: store, replicas: [] },
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
