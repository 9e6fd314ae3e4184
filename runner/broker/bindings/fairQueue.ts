import { BindingFault } from "./engine.ts";

interface Owned {
  /** Function on whose behalf it is. */
  readonly owner: string;
}

interface Bounds {
  /** What is waited for, for errors: `the database`. */
  readonly what: string;
  readonly perFunction: number;
  readonly waitMs: number;
}

interface Waiting<Job, Turn> {
  readonly job: Job;
  go(turn: Turn): void;
}

/** Jobs that wait for their turn: functions by turns, those of one function in their order as far as they can run. */
export class FairQueue<Job extends Owned, Turn> {
  readonly #bounds: Bounds;
  readonly #byOwner = new Map<string, Waiting<Job, Turn>[]>();

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  /**
   * @returns what the job was given when it was taken. @throws BindingFault when too many wait or it waited too long; the signal's reason
   * when it was given up.
   */
  wait(job: Job, signal: AbortSignal): Promise<Turn> {
    const { what, perFunction, waitMs } = this.#bounds;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if ((this.#byOwner.get(job.owner)?.length ?? 0) >= perFunction) {
        const message = `${perFunction} calls of the function wait already for ${what}`;
        return reject(new BindingFault("ERR_BINDING_OVERLOADED", message));
      }
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", cancelled);
      };
      const giveUp = (reason: unknown) => {
        end();
        this.#remove(waiting);
        reject(reason);
      };
      const cancelled = () => giveUp(signal.reason);
      const late = new BindingFault("ERR_BINDING_OVERLOADED", `${what} was busy for ${waitMs} ms: nothing was done`);
      const timer = setTimeout(() => giveUp(late), waitMs);
      const waiting: Waiting<Job, Turn> = {
        job,
        go: (turn) => {
          end();
          resolve(turn);
        },
      };
      signal.addEventListener("abort", cancelled);
      const others = this.#byOwner.get(job.owner);
      if (others === undefined) this.#byOwner.set(job.owner, [waiting]);
      else others.push(waiting);
    });
  }

  has(canRun: (job: Job) => boolean): boolean {
    for (const jobs of this.#byOwner.values()) if (jobs.some(({ job }) => canRun(job))) return true;
    return false;
  }

  /** Takes the first that can run; its function's next one comes after the other functions'. */
  take(canRun: (job: Job) => boolean): Waiting<Job, Turn> | undefined {
    for (const [owner, jobs] of this.#byOwner) {
      const waiting = jobs.find(({ job }) => canRun(job));
      if (waiting === undefined) continue;
      this.#remove(waiting);
      if (this.#byOwner.delete(owner)) this.#byOwner.set(owner, jobs);
      return waiting;
    }
    return undefined;
  }

  #remove(waiting: Waiting<Job, Turn>): void {
    const jobs = this.#byOwner.get(waiting.job.owner);
    const index = jobs?.indexOf(waiting) ?? -1;
    if (jobs === undefined || index < 0) return;
    jobs.splice(index, 1);
    if (jobs.length === 0) this.#byOwner.delete(waiting.job.owner);
  }
}
