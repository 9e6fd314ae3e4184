import { type ChildProcess, fork } from "node:child_process";
import { setPriority } from "node:os";
import { BindingFault } from "../bindings/engine.ts";
import type { FromSqlProcess, SqlJob } from "./messages.ts";
import type { SqlRules } from "./rules.ts";

/** Statements give way to the requests of the node. */
const NICENESS = 5;
const HEAP = ["--max-old-space-size=64", "--max-semi-space-size=1"];

interface ProcessEvents {
  /** It takes jobs from now on. */
  ready(): void;
  /** @param wasReady whether it ever came up. */
  ended(wasReady: boolean): void;
}

interface Running {
  readonly timer: NodeJS.Timeout;
  resolve(json: Buffer): void;
  reject(fault: BindingFault): void;
}

/** One process with SQLite in it; one job at a time. */
export class SqlProcess {
  /** Databases that it has had open. */
  readonly opened = new Set<string>();
  readonly #rules: SqlRules;
  readonly #child: ChildProcess;
  #state: "starting" | "idle" | "running" | "ending" = "starting";
  #running: Running | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #outOfTime = false;

  /** @param script the bundle of `process.ts`. */
  constructor(script: string, folder: string, rules: SqlRules, events: ProcessEvents) {
    this.#rules = rules;
    let wasReady = false;
    this.#child = fork(script, [JSON.stringify(rules)], {
      // A belt, which SQLite obeys too: it writes its databases and nothing else.
      execArgv: ["--no-warnings", ...HEAP, "--permission", "--allow-worker", ...files(folder)],
      env: {},
      // Bytes pass as they are.
      serialization: "advanced",
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#child.on("message", (message: FromSqlProcess) => {
      if (message.type === "ready") {
        wasReady = true;
        this.#rest();
        events.ready();
      } else {
        this.#answer(message);
      }
    });
    // Also when it goes while a job is on its way.
    this.#child.on("error", () => this.#child.kill("SIGKILL"));
    this.#child.once("close", (_, signal) => {
      this.#gone(signal);
      events.ended(wasReady);
    });
    lower(this.#child.pid);
  }

  get isStarting(): boolean {
    return this.#state === "starting";
  }

  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** Only while it is idle. @throws BindingFault */
  run(job: SqlJob): Promise<Buffer> {
    clearTimeout(this.#idleTimer);
    this.#state = "running";
    this.opened.add(job.file);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#outOfTime = true;
        this.#child.kill("SIGKILL");
      }, this.#rules.runMs);
      this.#running = { timer, resolve, reject };
      this.#child.send(job);
    });
  }

  /** What runs is cut off; without work it closes its databases first. */
  end(): void {
    clearTimeout(this.#idleTimer);
    if (this.#state === "idle") this.#child.disconnect();
    else this.#child.kill("SIGKILL");
    this.#state = "ending";
  }

  #rest(): void {
    if (this.#state === "ending") return;
    this.#state = "idle";
    this.#idleTimer = setTimeout(() => this.end(), this.#rules.idleMs).unref();
  }

  #answer(message: Exclude<FromSqlProcess, { type: "ready" }>): void {
    const running = this.#running;
    this.#running = undefined;
    clearTimeout(running?.timer);
    this.#rest();
    if (message.type === "done") {
      running?.resolve(Buffer.from(message.json));
    } else {
      const { code, message: text, storeCode } = message.failure;
      running?.reject(new BindingFault(code, text, { ...(storeCode !== undefined && { storeCode }) }));
    }
  }

  #gone(signal: NodeJS.Signals | null): void {
    this.#state = "ending";
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#running?.timer);
    this.#running?.reject(this.#fault(signal));
  }

  #fault(signal: NodeJS.Signals | null): BindingFault {
    const { runMs, processBytes } = this.#rules;
    if (this.#outOfTime) {
      return new BindingFault("ERR_BINDING_TIMEOUT", `the call ran for ${runMs} ms, which is the most`);
    }
    // Its own watchdog ends it so, and the kernel where memory is short.
    if (signal === "SIGKILL") {
      const message = `the call needs more memory than the ${processBytes} bytes that its process may have`;
      return new BindingFault("ERR_BINDING_TOO_LARGE", message);
    }
    return new BindingFault("ERR_BINDING_UNAVAILABLE", "the call's process died");
  }
}

function files(folder: string): string[] {
  return ["--allow-fs-read=*", `--allow-fs-write=${folder}`];
}

function lower(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It is gone already, which is told.
  }
}
