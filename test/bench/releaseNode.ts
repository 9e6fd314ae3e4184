import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AgentConfig } from "../../runner/agent/config.ts";
import { BARE_AGENT } from "../../runner/agent/configFixture.ts";
import { TestRunner } from "../../runner/runnerFixture.ts";

const AGENT = join(import.meta.dirname, "../../runner/agent/main.ts");
/** How often a node is asked whether it serves a version. */
const ASK_MS = 5;
const SAYS_WITHIN_MS = 60_000;

/** A node without door and cache: a runner and an agent that follows a store. */
export class ReleaseNode implements AsyncDisposable {
  readonly #runner: TestRunner;
  readonly #name: string;
  readonly #store: string;
  readonly #pollMs: number;
  #agent: ChildProcess | null = null;

  constructor({ name, store, pollMs }: { readonly name: string; readonly store: string; readonly pollMs: number }) {
    this.#runner = new TestRunner({ node: name, region: name, workers: 1 });
    this.#name = name;
    this.#store = store;
    this.#pollMs = pollMs;
  }

  async start(): Promise<void> {
    await this.#runner.start();
    const { releasesDir, control } = this.#runner.config;
    const config: AgentConfig = {
      ...BARE_AGENT,
      node: this.#name,
      region: this.#name,
      store: { address: this.#store, replicas: [] },
      releasesDir,
      control,
      pollMs: this.#pollMs,
    };
    const file = join(this.#runner.dir, "agent.json");
    writeFileSync(file, JSON.stringify(config));
    this.#agent = spawn(process.execPath, ["--no-warnings", AGENT, file], { stdio: ["ignore", "ignore", "inherit"] });
  }

  /** Resolves with the first answer that is `text`. */
  async says(text: string): Promise<void> {
    const deadline = performance.now() + SAYS_WITHIN_MS;
    for (;;) {
      const answer = await this.#runner.fetch("/hello/x").catch(() => null);
      if (answer?.status === 200 && answer.body === text) return;
      if (performance.now() > deadline) throw new Error(`${this.#name} does not say ${text}: ${answer?.body}`);
      await delay(ASK_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#agent !== null && this.#agent.exitCode === null) {
      const ended = once(this.#agent, "exit");
      this.#agent.kill("SIGKILL");
      await ended;
    }
    await this.#runner[Symbol.asyncDispose]();
  }
}
