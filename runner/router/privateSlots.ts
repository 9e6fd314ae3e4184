import type { Deployment } from "./deployment.ts";
import { isIdle, type Slot, type WorkerSlots } from "./workerSlots.ts";

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
  readonly #slots: WorkerSlots;
  readonly #processes: PrivateProcesses;
  readonly #free: number[];
  readonly #byName = new Map<string, Tenancy>();

  constructor(slots: WorkerSlots, processes: PrivateProcesses) {
    this.#slots = slots;
    this.#processes = processes;
    this.#free = slots.all.filter((slot) => slots.isPrivate(slot)).map(({ index }) => index);
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

  /** A request of the slot is over, or its process is gone. */
  left(slot: Slot): void {
    if (!this.#slots.isPrivate(slot)) return;
    for (const [name, tenancy] of this.#byName) if (tenancy.slot === slot.index) this.#endWhenIdle(name, tenancy);
  }

  #endWhenIdle(name: string, { slot: index, users }: Tenancy): void {
    const slot = this.#slots.all[index] as Slot;
    if (users.size > 0 || !isIdle(slot)) return;
    this.#byName.delete(name);
    this.#free.push(index);
    this.#processes.stopPrivate(index);
    // The next function gets a new process, however soon it comes.
    slot.retiring = true;
    slot.link?.close();
  }
}
