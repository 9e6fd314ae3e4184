import { existsSync, readFileSync } from "node:fs";
import {
  brokerSocket,
  compilerSlot,
  type RunnerConfig,
  routerSocket,
  slotCount,
  slotFolder,
  supervisorSocket,
} from "../config.ts";
import type { Log } from "../log.ts";
import type { WorkerConfig } from "../worker/main.ts";
import type { Bundles } from "./bundleTable.ts";
import { Child, type ChildSpec } from "./child.ts";
import type { Death } from "./messages.ts";
import { WORKER_ARGS } from "./nodeArgs.ts";
import { platformSnapshot } from "./platformSnapshot.ts";
import { RouterConnection } from "./routerConnection.ts";
import { Sandbox } from "./sandbox/detect.ts";

const STOP_MS = 1_000;
const MB = 1024 * 1024;

interface SandboxedParts {
  readonly config: RunnerConfig;
  readonly scripts: Bundles;
  readonly log: Log;
}

/** The workers: those that always run, and private ones while the router wants them. */
export class Sandboxed {
  readonly #parts: SandboxedParts;
  readonly #sandbox: Sandbox;
  readonly #platform: string;
  readonly #snapshot: string | null;
  readonly #lasting: readonly Child[];
  readonly #private = new Map<number, Child>();
  readonly #router: RouterConnection;

  private constructor(parts: SandboxedParts, sandbox: Sandbox, snapshot: Buffer | undefined) {
    this.#parts = parts;
    this.#sandbox = sandbox;
    const { config, scripts, log } = parts;
    this.#snapshot = snapshot?.toString("base64") ?? null;
    this.#platform = readFileSync(scripts.platform, "utf8");
    const { layers, failures } = sandbox;
    const missing = Object.keys(layers).filter((layer) => !layers[layer]);
    log(missing.length === 0 ? "info" : "warn", "the workers' sandbox", { sandbox: layers, missing, failures });
    this.#lasting = Array.from({ length: slotCount(config) }, (_, slot) => this.#newWorker(slot));
    this.#router = new RouterConnection({
      path: supervisorSocket(config),
      layers,
      privateSlots: (slots) => this.#wantPrivate(slots),
    });
  }

  /** Finds the best sandbox that the machine allows, and starts the workers in it. */
  static async start(parts: SandboxedParts): Promise<Sandboxed> {
    const { config, scripts, log } = parts;
    const [sandbox, snapshot] = await Promise.all([
      Sandbox.detect({
        runDir: config.runDir,
        slotFolder: existsSync(slotFolder(config, 0)) ? slotFolder(config, 0) : undefined,
        cacheDir: config.cacheDir,
        rssLimitBytes: config.workerRssMb * MB,
        probeScript: scripts.probe,
      }),
      platformSnapshot(scripts, log),
    ]);
    const sandboxed = new Sandboxed(parts, sandbox, snapshot);
    for (const worker of sandboxed.#lasting) worker.start();
    return sandboxed;
  }

  check(): void {
    for (const worker of this.#all()) worker.check();
  }

  tellDropped(lines: number): boolean {
    return this.#router.tellDropped(lines);
  }

  async stopAndWait(): Promise<void> {
    this.#router.close();
    await Promise.all(this.#all().map((worker) => worker.stopAndWait(STOP_MS)));
    this.#sandbox.remove();
  }

  #all(): Child[] {
    return [...this.#lasting, ...this.#private.values()];
  }

  #wantPrivate(slots: readonly number[]): void {
    const { config } = this.#parts;
    const wanted = new Set(slots.filter((slot) => slot >= slotCount(config) && slot <= compilerSlot(config)));
    for (const [slot, worker] of this.#private) {
      if (wanted.has(slot)) continue;
      this.#private.delete(slot);
      void worker.stopAndWait(STOP_MS);
    }
    for (const slot of wanted) {
      if (this.#private.has(slot)) continue;
      const worker = this.#newWorker(slot);
      this.#private.set(slot, worker);
      worker.start();
    }
  }

  #newWorker(slot: number): Child {
    const { log } = this.#parts;
    const died = (_: Child, cause: Death["cause"]) => this.#router.tell({ process: "worker", slot, cause });
    return new Child(this.#spec(slot), { log, died });
  }

  #spec(slot: number): ChildSpec {
    const { config, scripts } = this.#parts;
    const given: WorkerConfig = {
      slot,
      task: slot === compilerSlot(config) ? "compile" : "serve",
      routerSocket: routerSocket(config, slot),
      brokerSocket: brokerSocket(config, slot),
      platform: this.#platform,
      snapshot: this.#snapshot,
      isolates: config.isolates,
      memoryBytes: config.workerRssMb * MB,
    };
    return {
      role: "worker",
      slot,
      command: this.#sandbox.command({
        slot,
        folder: slotFolder(config, slot),
        script: scripts.worker,
        nodeArgs: WORKER_ARGS,
      }),
      config: given,
      rssLimitBytes: config.workerRssMb * MB,
      oomKills: () => this.#sandbox.oomKills(slot),
    };
  }
}
