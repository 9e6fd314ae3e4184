import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { Log } from "../log.ts";
import { readJsonLines, sendJsonLine } from "../protocol/jsonLines.ts";
import { ROUTER_GONE_EXIT } from "./exits.ts";
import type { DeathCause, Role } from "./messages.ts";
import { LINE_BYTES_MAX, PARENT_FD, type ToChild, type ToParent } from "./parentPipe.ts";
import { mainThreadCpuMs, orphansOf, residentBytes } from "./processFigures.ts";
import { ProcessLine } from "./processLine.ts";
import { RespawnDelay } from "./respawnDelay.ts";
import { isStuck } from "./stuckness.ts";
import { ThreadPriority } from "./threadPriority.ts";

const STDERR_CHARS_KEPT = 2_000;
/** Output of an ended process that something else still holds is waited for this long, ms. */
const OUTPUT_AFTER_MS = 1_000;

/** Exit codes above this are signals. */
const SIGNAL_EXIT = 128;
const { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP } = constants.signals;
const CRASHES: ReadonlySet<number> = new Set([SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP]);

/** How one kind of process is started. */
export interface ChildSpec {
  readonly role: Role;
  /** A worker's slot; null for other processes. */
  readonly slot: number | null;
  readonly command: readonly string[];
  readonly config: unknown;
  /** Resident size above which it is replaced, bytes. */
  readonly rssLimitBytes: number | undefined;
  /** Processes of this kind that the kernel has killed for memory so far; undefined where nobody counts. */
  readonly oomKills: (() => number | undefined) | undefined;
}

interface ChildEvents {
  readonly log: Log;
  ready?(child: Child): void;
  died(child: Child, cause: DeathCause): void;
  /** Takes the lines of its standard output; without it nothing reads them. */
  relay?(child: Child, lines: Readable): void;
}

/** One process that is kept alive until it is asked to stop. */
export class Child {
  readonly #spec: ChildSpec;
  readonly #events: ChildEvents;
  readonly #delay = new RespawnDelay();
  readonly #priority = new ThreadPriority();
  #process: ChildProcess | undefined;
  #respawn: NodeJS.Timeout | undefined;
  #lastBeatMs = 0;
  #cpuAtBeatMs: number | undefined;
  #killedFor: DeathCause | undefined;
  #oomKillsBefore: number | undefined;
  /** The one started may be what holds the process that does the work. */
  #line: ProcessLine | undefined;
  #stopping = false;
  #isReady = false;
  #wasReady = false;

  constructor(spec: ChildSpec, events: ChildEvents) {
    this.#spec = spec;
    this.#events = events;
  }

  /** `router`, `broker`, `worker-0` … */
  get name(): string {
    return this.slot === null ? this.role : `${this.role}-${this.slot}`;
  }

  get role(): Role {
    return this.#spec.role;
  }

  get slot(): number | null {
    return this.#spec.slot;
  }

  /** Whether it has ever come up: one that has not will not by being tried again. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  get isGone(): boolean {
    return this.#process === undefined;
  }

  start(): void {
    const [program, ...args] = this.#spec.command as [string, ...string[]];
    const startedMs = performance.now();
    const { relay } = this.#events;
    this.#killedFor = undefined;
    this.#isReady = false;
    this.#oomKillsBefore = this.#spec.oomKills?.();
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        env: {},
        // In this process's own session: where the kernel shares the CPU among sessions first (autogroup), a worker with busy
        // threads on one CPU would wait tens of milliseconds for another.
        detached: false,
        stdio: ["ignore", relay === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      });
    } catch (error) {
      const end = { livedMs: 0, code: null, signal: null, stderr: (error as Error).message };
      process.nextTick(() => this.#ended(end));
      return;
    }
    this.#process = child;
    this.#line = child.pid === undefined ? undefined : new ProcessLine(child.pid);
    let stderr = "";
    child.once("error", (error) => {
      stderr += error.message;
    });
    child.once("close", (code, signal) =>
      this.#ended({ livedMs: performance.now() - startedMs, code, signal, stderr }),
    );
    const pipe = pipeOf(child);
    if (pipe === undefined) return;
    if (child.stdout !== null) relay?.(this, child.stdout);
    child.stderr?.on("data", (chunk) => {
      stderr = (stderr + chunk).slice(-STDERR_CHARS_KEPT);
    });
    pipe.on("error", () => {});
    readJsonLines(pipe, LINE_BYTES_MAX, (line) => {
      this.#hearBeat();
      if ((line as ToParent).type !== "ready") return;
      this.#isReady = true;
      this.#wasReady = true;
      if (child.pid !== undefined) this.#line = new ProcessLine(child.pid);
      this.#events.ready?.(this);
    });
    this.#hearBeat();
    sendJsonLine(pipe, { type: "start", config: this.#spec.config });
    child.once("exit", () => {
      this.#line?.kill();
      // What was started since is not known here: it sees its pipe close and goes. "close" waits for it.
      pipe.destroy();
      const left = setTimeout(() => {
        // `bwrap`, killed while it starts, leaves a second one of itself that waits for it for ever.
        for (const pid of orphansOf(this.#spec.command)) new ProcessLine(pid).kill();
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_AFTER_MS).unref();
      child.once("close", () => clearTimeout(left));
    });
  }

  /** Looks whether the process answers and stays within its memory; kills it when not. */
  check(): void {
    const pid = this.#line?.last;
    if (pid === undefined || this.#process === undefined || this.#killedFor !== undefined) return;
    const { role, rssLimitBytes } = this.#spec;
    if (role === "worker") this.#priority.look(pid);
    const cpuMs = mainThreadCpuMs(pid);
    const sinceBeat = cpuMs === undefined || this.#cpuAtBeatMs === undefined ? undefined : cpuMs - this.#cpuAtBeatMs;
    const rssBytes = rssLimitBytes === undefined ? undefined : residentBytes(pid);
    if (isStuck({ wallMs: performance.now() - this.#lastBeatMs, cpuMs: sinceBeat })) {
      this.#kill("stuck", { cpuMs: sinceBeat });
    } else if (rssBytes !== undefined && rssLimitBytes !== undefined && rssBytes > rssLimitBytes) {
      this.#kill("memory", { rssBytes, rssLimitBytes });
    }
  }

  send(message: ToChild): void {
    const pipe = this.#process && pipeOf(this.#process);
    if (pipe !== undefined) sendJsonLine(pipe, message);
  }

  /** Asks the process to end, kills it after `withinMs`, and waits until it is gone. */
  async stopAndWait(withinMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#respawn);
    const child = this.#process;
    if (child === undefined) return;
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => this.#line?.kill(), withinMs);
    await gone;
    clearTimeout(timer);
  }

  #hearBeat(): void {
    this.#lastBeatMs = performance.now();
    const pid = this.#line?.last;
    this.#cpuAtBeatMs = pid === undefined ? undefined : mainThreadCpuMs(pid);
  }

  #kill(cause: DeathCause, fields: Readonly<Record<string, unknown>>): void {
    this.#killedFor = cause;
    this.#events.log("error", `${this.name} is killed: ${cause}`, fields);
    this.#line?.kill();
  }

  #ended(end: { livedMs: number; code: number | null; signal: string | null; stderr: string }): void {
    this.#process = undefined;
    if (this.#stopping) return;
    const cause = this.#causeOf(end);
    // What served and was ended by others says nothing about its next life. What others end before it is up is not tried at full speed.
    const byOthers = cause === "router" || (cause === "signal" && this.#isReady);
    const delayMs = byOthers ? 0 : this.#delay.afterDeath(end.livedMs);
    this.#events.log(cause === "router" ? "info" : "error", `${this.name} died and is started again`, {
      cause,
      ...end,
      delayMs,
    });
    this.#respawn = setTimeout(() => this.start(), delayMs);
    this.#events.died(this, cause);
  }

  #causeOf({ code, signal }: { code: number | null; signal: string | null }): DeathCause {
    if (this.#killedFor !== undefined) return this.#killedFor;
    const oomKills = this.#spec.oomKills?.();
    if (oomKills !== undefined && oomKills > (this.#oomKillsBefore ?? 0)) return "memory";
    // Wrappers that do not become the process tell its signal as a shell does.
    const number = signal === null ? (code ?? 0) - SIGNAL_EXIT : constants.signals[signal as NodeJS.Signals];
    if (number > 0) return CRASHES.has(number) ? "crash" : "signal";
    return code === ROUTER_GONE_EXIT ? "router" : "exit";
  }
}

/** Undefined where this process had no file descriptor left: then there is no child either, and "close" follows. */
function pipeOf({ stdio }: ChildProcess): Socket | undefined {
  return (stdio as ChildProcess["stdio"] | undefined)?.[PARENT_FD] as Socket | undefined;
}
