import { BindingFault } from "./engine.ts";

/** Operations of one function that run at once on the node; more wait in the order of their coming. */
const RUNNING_MAX = 64;
/** Operations of one function that wait; more are refused. */
const WAITING_MAX = 1_024;

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

/** How many operations each function has under way: a function that asks for too many waits for its own. */
export class Places {
  readonly #lanes = new Map<string, Lane>();

  /**
   * @returns what gives the place back; once is enough.
   * @throws BindingFault when as many wait as may, and the signal's reason when it aborts before a place is free.
   */
  async take(name: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const lane = this.#lanes.get(name) ?? { running: 0, waiting: [] };
    this.#lanes.set(name, lane);
    if (lane.running < RUNNING_MAX) lane.running++;
    else await this.#turn(lane, signal);
    let isTaken = true;
    return () => {
      if (isTaken) this.#leave(name, lane);
      isTaken = false;
    };
  }

  async #turn(lane: Lane, signal: AbortSignal): Promise<void> {
    if (lane.waiting.length >= WAITING_MAX) {
      throw new BindingFault(
        "ERR_BINDING_OVERLOADED",
        `${RUNNING_MAX} operations of the function run and ${WAITING_MAX} wait, which is the most`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener("abort", stop);
        resolve();
      };
      const stop = () => {
        lane.waiting.splice(lane.waiting.indexOf(begin), 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      lane.waiting.push(begin);
    });
  }

  #leave(name: string, lane: Lane): void {
    const next = lane.waiting.shift();
    if (next !== undefined) next();
    else if (--lane.running === 0) this.#lanes.delete(name);
  }
}
