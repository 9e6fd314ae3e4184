import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brokerSocket, routerSocket, slotFolder } from "../config.ts";
import { Link } from "../protocol/link.ts";
import { listenOnSocket, WORKER_SOCKET_MODE } from "../protocol/listen.ts";
import type { Frame, FunctionSource } from "../protocol/messages.ts";
import type { Trial } from "../router/slotLoads.ts";
import { bundles } from "../supervisor/bundles.ts";
import { Child } from "../supervisor/child.ts";
import { RUN_MODE, SLOT_MODE } from "../supervisor/folders.ts";
import { WORKER_ARGS } from "../supervisor/nodeArgs.ts";
import { platformSnapshot } from "../supervisor/platformSnapshot.ts";
import { Sandbox } from "../supervisor/sandbox/detect.ts";
import { CHECK_MS } from "../supervisor/stuckness.ts";
import type { WorkerConfig } from "../worker/main.ts";

const SLOT = 0;
const STOP_MS = 1_000;
/** How long a start waits for the process, which begins anew after a death, ms. */
const WORKER_WITHIN_MS = 15_000;
/** As on a node of the default size. */
const MEMORY_BYTES = 1024 * 1024 * 1024;
/** What is tried is ended at once: more would only hold memory. */
const ISOLATES = { max: 16, idleMs: 60_000, spare: 0 };

/** A worker as a node has them, in the best sandbox of this machine, that starts function versions and serves none. */
export class TrialWorker implements AsyncDisposable {
  readonly #dir: string;
  readonly #sandbox: Sandbox;
  readonly #server: Server;
  readonly #child: Child;
  readonly #checks: NodeJS.Timeout;
  /** What the process last said of itself. */
  readonly #troubles: string[];
  readonly #trials = new Map<number, (trial: Trial) => void>();
  #link: Link | undefined;
  #attached = Promise.withResolvers<void>();
  #lastKey = 0;

  private constructor(parts: { dir: string; sandbox: Sandbox; worker: string; config: WorkerConfig }) {
    const { dir, sandbox, worker, config } = parts;
    this.#dir = dir;
    this.#sandbox = sandbox;
    this.#troubles = [];
    this.#server = createServer((socket) => this.#attach(socket));
    const folder = slotFolder({ runDir: dir }, SLOT);
    const command = sandbox.command({ slot: SLOT, folder, script: worker, nodeArgs: WORKER_ARGS });
    this.#child = new Child(
      {
        role: "worker",
        slot: SLOT,
        command,
        config,
        rssLimitBytes: MEMORY_BYTES,
        oomKills: () => sandbox.oomKills(SLOT),
      },
      {
        log: (_, message, fields) => void this.#troubles.splice(0, 1, `${message} ${JSON.stringify(fields)}`),
        died: () => {},
      },
    );
    this.#checks = setInterval(() => this.#child.check(), CHECK_MS);
  }

  /** @param cacheDir folder of what is made once per state of the runner's sources. @throws Error when no worker can be started here */
  static async start(cacheDir: string): Promise<TrialWorker> {
    const scripts = await bundles(cacheDir);
    const dir = mkdtempSync(join(tmpdir(), "edge-try-"));
    try {
      const runDir = { runDir: dir };
      const folder = slotFolder(runDir, SLOT);
      chmodSync(dir, RUN_MODE);
      mkdirSync(folder, { mode: SLOT_MODE });
      const where = { runDir: dir, slotFolder: folder, cacheDir, rssLimitBytes: MEMORY_BYTES };
      const [sandbox, snapshot] = await Promise.all([
        Sandbox.detect({ ...where, probeScript: scripts.probe }),
        // Without one isolates start later, and no other than with it.
        platformSnapshot(scripts, () => {}),
      ]);
      const config: WorkerConfig = {
        slot: SLOT,
        task: "serve",
        routerSocket: routerSocket(runDir, SLOT),
        // Nobody listens there: nothing leaves a function that only starts.
        brokerSocket: brokerSocket(runDir, SLOT),
        platform: readFileSync(scripts.platform, "utf8"),
        snapshot: snapshot?.toString("base64") ?? null,
        isolates: ISOLATES,
        memoryBytes: MEMORY_BYTES,
      };
      const worker = new TrialWorker({ dir, sandbox, worker: scripts.worker, config });
      await listenOnSocket(worker.#server, config.routerSocket, WORKER_SOCKET_MODE);
      worker.#child.start();
      return worker;
    } catch (error) {
      rmSync(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Starts a version in an isolate of its own, and ends that again.
   *
   * @param body its modules, one after the other.
   * @throws Error when the process does not come up
   */
  async try(source: FunctionSource, body: Uint8Array): Promise<Trial> {
    const link = await this.#usable();
    const key = ++this.#lastKey;
    const trial = new Promise<Trial>((settle) => this.#trials.set(key, settle));
    link.send("load", key, source, body);
    link.send("probe", key, { keep: false });
    const outcome = await trial;
    link.send("unload", key, null);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#checks);
    await this.#child.stopAndWait(STOP_MS);
    this.#link?.drop();
    this.#server.close();
    this.#sandbox.remove();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #attach(socket: Socket): void {
    const link: Link = new Link(socket, {
      frame: (frame) => this.#hear(link, frame),
      closed: () => this.#lose(link),
    });
  }

  #hear(link: Link, frame: Frame): void {
    if (frame.kind === "hello") {
      this.#link = link;
      this.#attached.resolve();
    }
    if (frame.kind === "probed") this.#settle(frame.id, frame.meta);
  }

  #lose(link: Link): void {
    if (link !== this.#link) return;
    this.#link = undefined;
    this.#attached = Promise.withResolvers<void>();
    for (const key of [...this.#trials.keys()]) this.#settle(key, "lost");
  }

  #settle(key: number, trial: Trial): void {
    this.#trials.get(key)?.(trial);
    this.#trials.delete(key);
  }

  async #usable(): Promise<Link> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, WORKER_WITHIN_MS);
    await Promise.race([this.#attached.promise, late.promise]);
    clearTimeout(timer);
    if (this.#link !== undefined) return this.#link;
    const why = this.#troubles.join("; ") || `it said nothing within ${WORKER_WITHIN_MS / 1_000} s`;
    throw new Error(`the worker that tries functions cannot be started: ${why}`);
  }
}
