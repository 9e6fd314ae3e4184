import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { restartDelayMs, STABLE_AFTER_MS } from "./backoff.ts";
import { isHealthy } from "./health.ts";
import { signalGroup } from "./processes.ts";
import type { ServiceSpec, ServiceState, ServiceStatus } from "./spec.ts";

const STARTING_CHECK_EVERY_MS = 50;
const RUNNING_CHECK_EVERY_MS = 1_000;
const START_TIMEOUT_MS = 20_000;
/** A process that is alive but does not answer is restarted after so many checks in a row. */
const FAILED_CHECKS_BEFORE_RESTART = 5;

/** One process kept alive: started, checked, restarted with back-off, stopped with grace. */
export class Service {
  readonly spec: ServiceSpec;
  readonly #logFile: string;
  readonly #changed: () => void;
  #state: ServiceState = "waiting";
  #child: ChildProcess | null = null;
  #starts = 0;
  #failedStarts = 0;
  #quickDeaths = 0;
  #healthySince: number | null = null;
  #lastExit: string | null = null;
  #timer: NodeJS.Timeout | null = null;

  /** `changed` is called after every change of state. */
  constructor(spec: ServiceSpec, logFile: string, changed: () => void) {
    this.spec = spec;
    this.#logFile = logFile;
    this.#changed = changed;
  }

  get state(): ServiceState {
    return this.#state;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  status(): ServiceStatus {
    return {
      name: this.spec.name,
      state: this.#state,
      pid: this.pid,
      restarts: Math.max(0, this.#starts - 1),
      failedStarts: this.#failedStarts,
      lastExit: this.#lastExit,
      digest: this.spec.digest,
    };
  }

  start(): void {
    this.#starts += 1;
    this.#healthySince = null;
    const log = this.#openLog();
    const [program, ...args] = this.spec.command;
    // A group of its own, so that the children of a service can be ended with it.
    const child = spawn(program, args, { env: this.spec.env, stdio: ["ignore", log, log], detached: true });
    if (typeof log === "number") fs.closeSync(log);
    this.#child = child;
    child.on("error", (error) => this.#ended(child, error.message));
    child.on("exit", (code, signal) => this.#ended(child, signal ?? `exit code ${code}`));
    this.#to("starting");
    this.#watch(Date.now() + START_TIMEOUT_MS, 0);
  }

  /** Stops for good: the service's own signal, then SIGKILL to the whole group after the service's time. */
  async stop(): Promise<void> {
    this.#clearTimer();
    const child = this.#child;
    if (child === null || child.pid === undefined) {
      this.#to("stopped");
      return;
    }
    const { pid } = child;
    this.#to("stopping");
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(this.spec.stopSignal);
    const killer = setTimeout(() => signalGroup(pid, "SIGKILL"), this.spec.stopTimeoutMs);
    await exited;
    clearTimeout(killer);
    signalGroup(pid, "SIGKILL");
    this.#to("stopped");
  }

  #watch(startDeadline: number, failedChecks: number): void {
    const every = this.#state === "starting" ? STARTING_CHECK_EVERY_MS : RUNNING_CHECK_EVERY_MS;
    const child = this.#child;
    this.#timer = setTimeout(async () => {
      const healthy = await isHealthy(this.spec.health);
      if (this.#child !== child || (this.#state !== "starting" && this.#state !== "running")) return;
      if (healthy) {
        this.#healthySince ??= Date.now();
        this.#failedStarts = 0;
        this.#to("running");
        this.#watch(startDeadline, 0);
        return;
      }
      const stuck =
        this.#state === "starting" ? Date.now() > startDeadline : failedChecks + 1 >= FAILED_CHECKS_BEFORE_RESTART;
      if (stuck && child?.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      else this.#watch(startDeadline, failedChecks + 1);
    }, every);
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#clearTimer();
    this.#child = null;
    this.#lastExit = how;
    if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
    if (this.#state === "stopping" || this.#state === "stopped") return;
    if (this.#state === "starting") this.#failedStarts += 1;
    const wasStable = this.#healthySince !== null && Date.now() - this.#healthySince >= STABLE_AFTER_MS;
    this.#quickDeaths = wasStable ? 1 : this.#quickDeaths + 1;
    this.#to("backing-off");
    this.#timer = setTimeout(() => this.start(), restartDelayMs(this.#quickDeaths));
  }

  /** A service without a log is better than none. */
  #openLog(): number | "ignore" {
    try {
      return fs.openSync(this.#logFile, "a");
    } catch (error) {
      console.error(`${this.spec.name} starts without a log: ${error}`);
      return "ignore";
    }
  }

  #to(state: ServiceState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
