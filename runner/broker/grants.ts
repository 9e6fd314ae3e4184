import type { Binding } from "../bindings/kinds.ts";
import type { EgressGrant } from "../protocol/messages.ts";
import { AllowList } from "./allowList.ts";

/** How long a sub-request waits for its grant: the router's and the worker's messages come on different ways, ms. */
const GRANT_WITHIN_MS = 1_000;

/** A function that a worker slot may act for. */
export interface Grant {
  readonly function: string;
  readonly allow: AllowList;
  readonly bindings: ReadonlyMap<string, Binding>;
}

/** Which slot may act for which function, as the router says. */
export class Grants {
  readonly #grants = new Map<string, Grant>();
  readonly #waiting = new Map<string, Set<(grant: Grant) => void>>();

  give(key: number, { slot, function: name, allow, bindings }: EgressGrant): void {
    const at = place(slot, key);
    const grant = { function: name, allow: new AllowList(allow), bindings: new Map(Object.entries(bindings)) };
    this.#grants.set(at, grant);
    for (const wake of this.#waiting.get(at) ?? []) wake(grant);
    this.#waiting.delete(at);
  }

  revoke(slot: number, key: number): void {
    this.#grants.delete(place(slot, key));
  }

  revokeAll(): void {
    this.#grants.clear();
  }

  /** @returns undefined when the router has not given it and does not within {@link GRANT_WITHIN_MS}. */
  find(slot: number, key: number): Grant | Promise<Grant | undefined> {
    return this.#grants.get(place(slot, key)) ?? this.#wait(place(slot, key));
  }

  #wait(at: string): Promise<Grant | undefined> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(at) ?? new Set();
      this.#waiting.set(at, waiting);
      const done = (grant: Grant | undefined) => {
        clearTimeout(timer);
        waiting.delete(done);
        if (waiting.size === 0 && this.#waiting.get(at) === waiting) this.#waiting.delete(at);
        resolve(grant);
      };
      const timer = setTimeout(() => done(undefined), GRANT_WITHIN_MS);
      waiting.add(done);
    });
  }
}

function place(slot: number, key: number): string {
  return `${slot} ${key}`;
}
