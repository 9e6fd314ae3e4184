import type { Link } from "../protocol/link.ts";
import type { Deployment } from "./deployment.ts";

/** A place for a worker process; processes come and go, the slot stays. */
export interface Slot<Call> {
  readonly index: number;
  link: Link | undefined;
  /** It runs code that nothing can stop: no new work. */
  retiring: boolean;
  readonly calls: Map<number, Call>;
  /** Function versions it was given; the promise is settled when the frame is on its way. */
  loaded: Map<number, Promise<void>>;
}

/**
 * Which slot serves what. As many positions as there are serving workers, and one slot that stands by: when a position's worker
 * goes, the standing-by slot takes the position and the slot that lost its worker stands by in its turn.
 */
export class WorkerSlots<Call> {
  readonly all: readonly Slot<Call>[];
  readonly #positions: Slot<Call>[];
  #standby: Slot<Call>;

  constructor(serving: number) {
    this.all = Array.from({ length: serving + 1 }, (_, index) => newSlot<Call>(index));
    this.#positions = this.all.slice(0, serving);
    this.#standby = this.all[serving] as Slot<Call>;
  }

  get standby(): Slot<Call> {
    return this.#standby;
  }

  get connected(): number {
    return this.all.filter(isUsable).length;
  }

  /** Called when a slot can take no more work. */
  replace(slot: Slot<Call>): void {
    const position = this.#positions.indexOf(slot);
    if (position < 0 || !isUsable(this.#standby)) return;
    this.#positions[position] = this.#standby;
    this.#standby = slot;
  }

  /**
   * The slot for a function: always the same while that has room, the next in turn when it is a quarter above the mean
   * (hashing with bounded load); any that lives when none of the serving ones does.
   */
  choose(deployment: Deployment): Slot<Call> | undefined {
    const usable = this.#positions.filter(isUsable);
    if (usable.length === 0) return this.all.find(isUsable);
    const total = usable.reduce((sum, slot) => sum + slot.calls.size, 0);
    const bound = (total / usable.length) * 1.25 + 8;
    const first = nameHash(deployment.manifest.name) % this.#positions.length;
    for (let step = 0; step < this.#positions.length; step++) {
      const slot = this.#positions[(first + step) % this.#positions.length];
      if (slot !== undefined && isUsable(slot) && slot.calls.size <= bound) return slot;
    }
    return usable[0];
  }
}

export function isUsable<Call>(slot: Slot<Call>): boolean {
  return slot.link !== undefined && !slot.retiring;
}

function newSlot<Call>(index: number): Slot<Call> {
  return { index, link: undefined, retiring: false, calls: new Map(), loaded: new Map() };
}

/** FNV-1a, 32 bits. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
}
