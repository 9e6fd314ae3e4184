import type { Deployment } from "./deployment.ts";

/** Requests that may wait for a function, at least; a function with more concurrency has a longer queue. */
const QUEUE_MIN = 100;

interface Waiting {
  readonly start: () => void;
}

/** Requests that wait because their function runs as many as it may, first come first served. */
export class FunctionQueues {
  readonly #queues = new Map<Deployment, Waiting[]>();

  /**
   * Runs `start` now or when a place is free.
   *
   * @returns a function that gives the place in the queue up, or undefined when the queue is full.
   */
  enter(deployment: Deployment, start: () => void): (() => void) | undefined {
    const { concurrency } = deployment.manifest.limits;
    if (deployment.running < concurrency) {
      start();
      return () => {};
    }
    const queue = this.#queues.get(deployment) ?? [];
    if (queue.length >= Math.max(QUEUE_MIN, concurrency)) return undefined;
    const waiting = { start };
    queue.push(waiting);
    this.#queues.set(deployment, queue);
    return () => {
      const index = queue.indexOf(waiting);
      if (index >= 0) queue.splice(index, 1);
    };
  }

  /** A request of the function is over: the next one may run. */
  leave(deployment: Deployment): void {
    const queue = this.#queues.get(deployment);
    if (queue === undefined) return;
    while (deployment.running < deployment.manifest.limits.concurrency) {
      const next = queue.shift();
      if (next === undefined) break;
      next.start();
    }
    if (queue.length === 0) this.#queues.delete(deployment);
  }
}
