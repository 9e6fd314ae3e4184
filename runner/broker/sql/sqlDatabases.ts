import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { FairQueue } from "../bindings/fairQueue.ts";
import { Tally } from "../tally.ts";
import type { SqlJob } from "./messages.ts";
import { SQL_RULES, type SqlRules } from "./rules.ts";
import { SqlProcess } from "./sqlProcess.ts";

export interface SqlRequest {
  /** Function on whose behalf it is. */
  readonly owner: string;
  /** The database's name. */
  readonly database: string;
  /** One of the kind's. */
  readonly operation: string;
  /** What the function sent. */
  readonly body: Uint8Array;
  /** A call that waits is given up; one that runs goes on to its end. */
  readonly signal: AbortSignal;
}

/** After a process that did not come up, ms. */
const START_AGAIN_MS = 500;

interface Job extends SqlJob {
  readonly owner: string;
}

/** The SQLite databases of a node's functions: a file each, worked on in processes of their own, one call at a time. */
export class SqlDatabases {
  readonly #script: string;
  readonly #folder: string;
  readonly #rules: SqlRules;
  readonly #queue: FairQueue<Job, Promise<Buffer>>;
  readonly #processes = new Set<SqlProcess>();
  readonly #busyFiles = new Set<string>();
  readonly #running = new Tally();
  #isClosed = false;

  /** @param script bundle of `process.ts`. @param folder of the databases; made when it is not there. */
  constructor(script: string, folder: string, rules: SqlRules = SQL_RULES) {
    this.#script = script;
    this.#folder = folder;
    this.#rules = rules;
    const { waitingPerFunction: perFunction, waitMs } = rules;
    this.#queue = new FairQueue({ what: "the database", perFunction, waitMs });
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** @returns a JSON list of results. @throws BindingFault, or the signal's reason */
  async run({ owner, database, operation, body, signal }: SqlRequest): Promise<Buffer> {
    const file = join(this.#folder, `${database}.sqlite`);
    const turn = this.#queue.wait({ owner, file, operation, body }, signal);
    this.#next();
    return await turn;
  }

  /** Ends all processes; what was committed stays. */
  close(): void {
    this.#isClosed = true;
    for (const process of this.#processes) process.end();
  }

  #next(): void {
    if (this.#isClosed) return;
    const idle = [...this.#processes].filter(({ isIdle }) => isIdle);
    while (idle.length > 0) {
      const next = this.#queue.take((each) => this.#canRun(each));
      if (next === undefined) return;
      const at = Math.max(
        0,
        idle.findIndex(({ opened }) => opened.has(next.job.file)),
      );
      const [process] = idle.splice(at, 1) as [SqlProcess];
      next.go(this.#start(process, next.job));
    }
    const starts = [...this.#processes].some((process) => process.isStarting);
    if (!starts && this.#processes.size < this.#rules.processes && this.#queue.has((each) => this.#canRun(each))) {
      this.#spawn();
    }
  }

  #canRun({ owner, file }: Job): boolean {
    return !this.#busyFiles.has(file) && this.#running.of(owner) < this.#rules.runningPerFunction;
  }

  async #start(process: SqlProcess, { owner, ...job }: Job): Promise<Buffer> {
    this.#busyFiles.add(job.file);
    this.#running.add(owner);
    try {
      return await process.run(job);
    } finally {
      this.#busyFiles.delete(job.file);
      this.#running.remove(owner);
      this.#next();
    }
  }

  #spawn(): void {
    const process = new SqlProcess(this.#script, this.#folder, this.#rules, {
      ready: () => this.#next(),
      ended: (wasReady) => {
        this.#processes.delete(process);
        if (wasReady) this.#next();
        else setTimeout(() => this.#next(), START_AGAIN_MS).unref();
      },
    });
    this.#processes.add(process);
  }
}
