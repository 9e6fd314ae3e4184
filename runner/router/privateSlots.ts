import type { Deployment } from "./deployment.ts";

/** Starts and ends the processes of private slots; the supervisor of the workers does it. */
export interface PrivateProcesses {
  startPrivate(slot: number): void;
  stopPrivate(slot: number): void;
}

interface Tenancy {
  readonly slot: number;
  /** Versions that run there: the old one may still end requests while the new one has begun. */
  readonly users: Set<Deployment>;
}

/** Which function has which private worker. */
export class PrivateSlots {
  readonly #processes: PrivateProcesses;
  readonly #isIdle: (slot: number) => boolean;
  readonly #free: number[];
  readonly #byName = new Map<string, Tenancy>();

  /** @param parts.isIdle whether a slot's worker has no request. */
  constructor(parts: {
    first: number;
    count: number;
    processes: PrivateProcesses;
    isIdle: (slot: number) => boolean;
  }) {
    this.#processes = parts.processes;
    this.#isIdle = parts.isIdle;
    this.#free = Array.from({ length: parts.count }, (_, index) => parts.first + index);
  }

  /** The function's slot, its process started when it has none yet; undefined when all are taken. */
  take(deployment: Deployment): number | undefined {
    const { name } = deployment.manifest;
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.users.add(deployment);
      return known.slot;
    }
    const slot = this.#free.shift();
    if (slot === undefined) return undefined;
    this.#byName.set(name, { slot, users: new Set([deployment]) });
    this.#processes.startPrivate(slot);
    return slot;
  }

  /** The version runs there no more. With its last version the function gives the slot back, once nothing runs in it. */
  giveBack(deployment: Deployment): void {
    const { name } = deployment.manifest;
    const tenancy = this.#byName.get(name);
    if (tenancy?.users.delete(deployment)) this.#endWhenIdle(name, tenancy);
  }

  /** A slot's last request is over, or its process is gone. */
  idle(slot: number): void {
    for (const [name, tenancy] of this.#byName) if (tenancy.slot === slot) this.#endWhenIdle(name, tenancy);
  }

  #endWhenIdle(name: string, { slot, users }: Tenancy): void {
    if (users.size > 0 || !this.#isIdle(slot)) return;
    this.#byName.delete(name);
    this.#free.push(slot);
    this.#processes.stopPrivate(slot);
  }
}
