import { Cron } from "croner";

const FIVE_FIELDS = /^\S+( \S+){4}$/;
const SECOND = 1_000;

/** When a cron expression comes, in UTC. */
export class CronTimes {
  readonly #cron: Cron;

  /** @throws Error saying what is wrong with the expression. */
  constructor(expression: string) {
    if (!FIVE_FIELDS.test(expression)) {
      throw new Error("has not five fields with a space between: minute, hour, day of month, month, day of week");
    }
    try {
      this.#cron = new Cron(expression, { mode: "5-part", utcOffset: 0, paused: true });
    } catch (cause) {
      throw new Error(`cannot be read: ${(cause as Error).message.replace(/^CronPattern: /, "")}`, { cause });
    }
  }

  /** The newest time that is not after `nowMs`, both in Unix time; null where there has been none. */
  latest(nowMs: number): number | null {
    // Times before a second are given, whole seconds only.
    const until = new Date((Math.floor(nowMs / SECOND) + 1) * SECOND);
    return this.#cron.previousRuns(1, until)[0]?.getTime() ?? null;
  }

  /** The first time after `nowMs`; null where none will come. */
  next(nowMs: number): number | null {
    return this.#cron.nextRun(new Date(nowMs))?.getTime() ?? null;
  }

  /** How many times there are after `fromMs` and before `toMs`, counted up to `most`. */
  countBetween(fromMs: number, toMs: number, most: number): number {
    let count = 0;
    for (let at = this.next(fromMs); at !== null && at < toMs && count < most; at = this.next(at)) count++;
    return count;
  }
}

/** What is wrong with a cron expression; null when nothing is. */
export function cronFault(expression: string): string | null {
  try {
    return new CronTimes(expression).next(Date.now()) === null ? "never comes" : null;
  } catch (error) {
    return (error as Error).message;
  }
}
