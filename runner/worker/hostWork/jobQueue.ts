import { LIMITS } from "../../limits.ts";
import type { CpuWatch } from "../cpuWatch.ts";

/** Jobs that one worker runs at once: of libuv's four threads one is left for its other work. */
const RUNNING_MAX = 3;
/** Of one function: another's finds a thread free. */
const RUNNING_PER_FUNCTION_MAX = LIMITS.hostWork.ceiling;
/** What one function may have waiting. */
const WAITING_MAX = 32;
const WAITING_BYTES_MAX = 32 * 1024 * 1024;

export interface Job {
  /** Request that it is for. */
  readonly call: number;
  /** Size of what it holds, bytes. */
  readonly bytes: number;
  /** Settles when the job is over, and never throws. */
  run(): Promise<void>;
}

interface Owner {
  /** Jobs that it may run at once. */
  readonly runningMax: number;
  waiting: Job[];
  waitingBytes: number;
  running: number;
}

/** Jobs outside the isolates, function by function in turn: many jobs of one hold up none of another. */
export class JobQueue {
  readonly #watch: Pick<CpuWatch, "alsoRuns">;
  /** In the order of their next turn. */
  readonly #owners = new Set<Owner>();
  #running = 0;

  /** @param watch shares out CPU time, and must not share out that of jobs */
  constructor(watch: Pick<CpuWatch, "alsoRuns">) {
    this.#watch = watch;
  }

  /** A function's place in the queue. */
  newOwner(runningMax: number): JobOwner {
    const owner: Owner = {
      runningMax: Math.min(runningMax, RUNNING_PER_FUNCTION_MAX),
      waiting: [],
      waitingBytes: 0,
      running: 0,
    };
    return {
      submit: (job) => this.#submit(owner, job),
      drop: (call) => {
        owner.waiting = call === undefined ? [] : owner.waiting.filter((job) => job.call !== call);
        owner.waitingBytes = owner.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
      },
    };
  }

  #submit(owner: Owner, job: Job): number | undefined {
    const full = owner.waiting.length >= WAITING_MAX || owner.waitingBytes + job.bytes > WAITING_BYTES_MAX;
    if (full) return owner.waiting.length + owner.running;
    owner.waiting.push(job);
    owner.waitingBytes += job.bytes;
    this.#owners.add(owner);
    this.#next();
    return undefined;
  }

  #next(): void {
    for (const owner of this.#owners) {
      if (this.#running >= RUNNING_MAX) return;
      if (owner.running >= owner.runningMax) continue;
      const job = owner.waiting.shift();
      this.#owners.delete(owner);
      if (job === undefined) continue;
      owner.waitingBytes -= job.bytes;
      // Behind the others.
      if (owner.waiting.length > 0) this.#owners.add(owner);
      owner.running++;
      this.#running++;
      void this.#watch.alsoRuns(job.run()).then(() => {
        owner.running--;
        this.#running--;
        this.#next();
      });
    }
  }
}

export interface JobOwner {
  /** @returns undefined when the job runs or waits; the number of the owner's jobs when it may have no more. */
  submit(job: Job): number | undefined;
  /** Drops what waits for one request, or for all. */
  drop(call?: number): void;
}
