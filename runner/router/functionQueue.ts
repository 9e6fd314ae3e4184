import type { Deployment } from "./deployment.ts";

/** Requests that may wait for a function, at least; a function with more concurrency has a longer queue. */
const QUEUE_MIN = 100;

interface Waiting {
  readonly deployment: Deployment;
}

/** Requests that wait because their function runs as many as it may, first come first served. */
export class FunctionQueues<Call extends Waiting> {
  readonly #queues = new Map<Deployment, Call[]>();

  /** Those that have somebody waiting. */
  get deployments(): Deployment[] {
    return [...this.#queues.keys()];
  }

  isEmpty(deployment: Deployment): boolean {
    return !this.#queues.has(deployment);
  }

  /** @returns whether there was room. */
  add(call: Call): boolean {
    const queue = this.#queues.get(call.deployment) ?? [];
    if (queue.length >= Math.max(QUEUE_MIN, call.deployment.manifest.limits.concurrency)) return false;
    queue.push(call);
    this.#queues.set(call.deployment, queue);
    return true;
  }

  take(deployment: Deployment): Call | undefined {
    const queue = this.#queues.get(deployment);
    const call = queue?.shift();
    if (queue?.length === 0) this.#queues.delete(deployment);
    return call;
  }

  remove(call: Call): void {
    const queue = this.#queues.get(call.deployment);
    const index = queue?.indexOf(call) ?? -1;
    if (index >= 0) queue?.splice(index, 1);
    if (queue?.length === 0) this.#queues.delete(call.deployment);
  }

  takeAllOf(deployment: Deployment): Call[] {
    const queue = this.#queues.get(deployment) ?? [];
    this.#queues.delete(deployment);
    return queue;
  }
}
