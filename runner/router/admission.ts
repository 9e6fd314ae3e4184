import type { Call } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import { FunctionQueues } from "./functionQueue.ts";

/** Answered requests of which work goes on, for each serving worker; above half of them functions may be held back for each other's sake. */
const LINGERING_PER_WORKER = 512;

/**
 * The first gate of a request: its function's concurrency. What a request gave to waitUntil holds no place while as many linger
 * as may run; beyond that it does, and so it does where its function has more lingering on the node than what is free.
 */
export class Admission {
  readonly #queues = new FunctionQueues<Call>();
  readonly #lingeringMax: number;
  readonly #admitted: (call: Call) => void;
  #lingering = 0;

  /** @param admitted takes each request that may run now. */
  constructor(serving: number, admitted: (call: Call) => void) {
    this.#lingeringMax = serving * LINGERING_PER_WORKER;
    this.#admitted = admitted;
  }

  /** @returns whether the request runs or waits; false when its function's queue is full. */
  take(call: Call): boolean {
    const { deployment } = call;
    if (this.hasWaiting(deployment) || !this.#hasPlace(deployment)) return this.#queues.add(call);
    this.#admit(call);
    return true;
  }

  hasWaiting(deployment: Deployment): boolean {
    return !this.#queues.isEmpty(deployment);
  }

  /** Takes a request out of its queue. */
  remove(call: Call): void {
    this.#queues.remove(call);
  }

  takeAllOf(deployment: Deployment): Call[] {
    return this.#queues.takeAllOf(deployment);
  }

  /** A request that ran is over, but for what lingers of it. */
  answered(deployment: Deployment, lingers: boolean): void {
    deployment.running--;
    if (lingers) {
      deployment.lingering++;
      this.#lingering++;
    }
    this.#next(deployment);
  }

  /** What lingered of a request is over. */
  ended(deployment: Deployment): void {
    const isTight = this.#lingering > this.#lingeringMax / 2;
    deployment.lingering--;
    this.#lingering--;
    this.#next(deployment);
    if (isTight) for (const waiting of this.#queues.deployments) this.#next(waiting);
  }

  #next(deployment: Deployment): void {
    while (this.hasWaiting(deployment) && this.#hasPlace(deployment)) {
      this.#admit(this.#queues.take(deployment) as Call);
    }
  }

  #hasPlace({ running, lingering, manifest }: Deployment): boolean {
    const { concurrency } = manifest.limits;
    const free = this.#lingeringMax - this.#lingering;
    return running < concurrency && running + lingering < 2 * concurrency && lingering <= Math.max(0, free);
  }

  #admit(call: Call): void {
    call.deployment.running++;
    this.#admitted(call);
  }
}
