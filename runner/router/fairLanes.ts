import type { Deployment } from "./deployment.ts";

/**
 * Requests that wait for the same workers. `repeat`: lost by a worker, their functions blameless; `trial`: of functions
 * under suspicion; `private-<slot>`: for each private worker.
 */
export type Lane = "serving" | "probation" | "repeat" | "trial" | `private-${number}`;

interface Waiting {
  readonly deployment: Deployment;
}

/** Requests for which no worker has a place: first come first served within a function, functions in turn. */
export class FairLanes<Call extends Waiting> {
  readonly #lanes = new Map<Lane, Map<Deployment, Call[]>>();

  get size(): number {
    return this.#lanes.size;
  }

  get names(): Lane[] {
    return [...this.#lanes.keys()];
  }

  isEmpty(lane: Lane): boolean {
    return !this.#lanes.has(lane);
  }

  add(lane: Lane, call: Call): void {
    const functions = this.#lanes.get(lane) ?? new Map<Deployment, Call[]>();
    this.#lanes.set(lane, functions);
    const calls = functions.get(call.deployment);
    if (calls === undefined) functions.set(call.deployment, [call]);
    else calls.push(call);
  }

  /** Whose turn it is. */
  peek(lane: Lane): Call | undefined {
    const functions = this.#lanes.get(lane);
    if (functions === undefined) return undefined;
    for (const calls of functions.values()) return calls[0];
    return undefined;
  }

  /** Takes what {@link peek} shows; the function's next request waits until all others had their turn. */
  take(lane: Lane): Call | undefined {
    const functions = this.#lanes.get(lane);
    if (functions === undefined) return undefined;
    for (const [deployment, calls] of functions) {
      const call = calls.shift();
      functions.delete(deployment);
      if (calls.length > 0) functions.set(deployment, calls);
      else if (functions.size === 0) this.#lanes.delete(lane);
      return call;
    }
    return undefined;
  }

  remove(call: Call): void {
    for (const [lane, functions] of this.#lanes) {
      const calls = functions.get(call.deployment);
      const index = calls?.indexOf(call) ?? -1;
      if (calls === undefined || index < 0) continue;
      calls.splice(index, 1);
      if (calls.length === 0) functions.delete(call.deployment);
      if (functions.size === 0) this.#lanes.delete(lane);
      return;
    }
  }

  /** Takes every waiting request of a function. */
  takeAllOf(deployment: Deployment): Call[] {
    const taken: Call[] = [];
    for (const [lane, functions] of this.#lanes) {
      taken.push(...(functions.get(deployment) ?? []));
      functions.delete(deployment);
      if (functions.size === 0) this.#lanes.delete(lane);
    }
    return taken;
  }
}
