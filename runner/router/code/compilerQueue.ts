import type { Link } from "../../protocol/link.ts";
import type { Frame } from "../../protocol/messages.ts";
import type { Clock } from "../clock.ts";
import type { CompiledBytes } from "./cacheFiles.ts";

/** How long a compiler without work is kept, ms. */
const IDLE_MS = 2_000;
/** Compilers that one module may take down. */
const LOSSES_MAX = 2;

type Outcome = CompiledBytes | undefined;

interface Job {
  readonly id: number;
  readonly read: () => Promise<Buffer>;
  readonly settle: (outcome: Outcome) => void;
  losses: number;
}

interface CompilerQueueParts {
  /** Asks for a compiler process, which attaches when it is up, until `stop`. */
  readonly start: () => void;
  readonly stop: () => void;
  readonly clock: Clock;
}

/** Modules that wait for the compiler, one at a time; the process is there only while there are any. */
export class CompilerQueue {
  readonly #parts: CompilerQueueParts;
  #jobs: Job[] = [];
  #link: Pick<Link, "send"> | undefined;
  #isWanted = false;
  #cancelStop = () => {};
  #lastId = 0;

  constructor(parts: CompilerQueueParts) {
    this.#parts = parts;
  }

  get isAttached(): boolean {
    return this.#link !== undefined;
  }

  /**
   * @param read called when it is the module's turn.
   * @returns undefined when it cannot be compiled.
   */
  compile(read: () => Promise<Buffer>): Promise<Outcome> {
    return new Promise((settle) => {
      this.#jobs.push({ id: ++this.#lastId, read, settle, losses: 0 });
      this.#cancelStop();
      if (!this.#isWanted) this.#parts.start();
      this.#isWanted = true;
      if (this.#jobs.length === 1) void this.#next();
    });
  }

  attach(link: Pick<Link, "send">): void {
    this.#link = link;
    void this.#next();
  }

  detach(): void {
    this.#link = undefined;
    const [job] = this.#jobs;
    if (job !== undefined && ++job.losses >= LOSSES_MAX) this.#settle(job, undefined);
  }

  hear(frame: Frame): void {
    const [job] = this.#jobs;
    if (job === undefined || frame.id !== job.id) return;
    if (frame.kind === "compiled") {
      const { scriptBytes } = frame.meta;
      const isWhole = Number.isInteger(scriptBytes) && scriptBytes > 0 && scriptBytes <= frame.body.length;
      this.#settle(job, isWhole ? { scriptBytes, body: frame.body } : undefined);
    } else if (frame.kind === "notCompiled") this.#settle(job, undefined);
  }

  async #next(): Promise<void> {
    const [job] = this.#jobs;
    const link = this.#link;
    if (job === undefined || link === undefined) return;
    let module: Buffer;
    try {
      module = await job.read();
    } catch {
      // The release may be gone by now.
      this.#settle(job, undefined);
      return;
    }
    if (this.#link === link && this.#jobs[0] === job) link.send("compile", job.id, null, module);
  }

  #settle(job: Job, outcome: Outcome): void {
    this.#jobs = this.#jobs.filter((found) => found !== job);
    job.settle(outcome);
    if (this.#jobs.length > 0) void this.#next();
    else
      this.#cancelStop = this.#parts.clock.after(IDLE_MS, () => {
        this.#isWanted = false;
        this.#parts.stop();
      });
  }
}
