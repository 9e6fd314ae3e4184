import { IdTable } from "../idTable.ts";
import type { Link } from "../protocol/link.ts";
import { type Asker, askerOf, type Call } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import { preferenceOf } from "./preference.ts";
import type { SlotLoads } from "./slotLoads.ts";

/** Requests that one worker has at a time; more wait in the router, functions in turn. */
export const CALLS_PER_WORKER_MAX = 512;
/** How far above the mean a worker may be before its functions overflow to their next one: a quarter, and a few. */
const OVER_MEAN = 1.25;
const OVER_FEW = 8;

/** The part of a link that the pool uses. */
export type WorkerLink = Pick<Link, "send" | "give" | "close">;

/** A place for a worker process; processes come and go, the slot stays. */
export interface Slot {
  readonly index: number;
  link: WorkerLink | undefined;
  /** It runs code that nothing can stop: no new work. */
  retiring: boolean;
  readonly calls: IdTable<Call>;
  /** Requests that are over here, of which something may go on in the worker. */
  readonly lingering: IdTable<Asker>;
  /** What its process was given; undefined while it has none. */
  loads: SlotLoads | undefined;
}

/**
 * Which slot serves what. As many positions as there are serving workers, and one slot that stands by: when a position's worker
 * goes, the standing-by slot takes the position and the slot that lost its worker stands by in its turn. Private slots
 * follow; each belongs to one function at a time.
 */
export class WorkerSlots {
  readonly all: readonly Slot[];
  readonly #positions: Slot[];
  readonly #firstPrivate: number;
  readonly #preferences = new WeakMap<Deployment, readonly number[]>();
  #standby: Slot;

  constructor({ serving, privates }: { serving: number; privates: number }) {
    this.all = Array.from({ length: serving + 1 + privates }, (_, index) => newSlot(index));
    this.#positions = this.all.slice(0, serving);
    this.#standby = this.all[serving] as Slot;
    this.#firstPrivate = serving + 1;
  }

  get standby(): Slot {
    return this.#standby;
  }

  /** Slots whose process is there, private ones not counted. */
  get connected(): number {
    let count = 0;
    for (const slot of this.all) if (slot.index < this.#firstPrivate && isUsable(slot)) count++;
    return count;
  }

  isPrivate(slot: Slot): boolean {
    return slot.index >= this.#firstPrivate;
  }

  isServing(slot: Slot): boolean {
    return this.#positions.includes(slot);
  }

  /** The request of a slot's worker that asks another function for something; undefined when nothing of it is left there. */
  asker(index: number, id: number): Asker | undefined {
    const slot = this.all[index];
    const call = slot?.calls.get(id);
    return call?.begun ? askerOf(call) : slot?.lingering.get(id);
  }

  /** Gives a position that has no usable worker to the one that stands by. @returns who took it; undefined when there was nothing to do. */
  fill(): { readonly slot: number; readonly lost: number } | undefined {
    const position = this.#positions.findIndex((slot) => !isUsable(slot));
    if (position < 0 || !isUsable(this.#standby)) return undefined;
    const lost = this.#positions[position] as Slot;
    this.#positions[position] = this.#standby;
    this.#standby = lost;
    return { slot: (this.#positions[position] as Slot).index, lost: lost.index };
  }

  /** Where a function runs when nothing overflows: the first of its positions that has a worker. */
  home(deployment: Deployment): Slot | undefined {
    for (const position of this.#preference(deployment)) {
      const slot = this.#positions[position] as Slot;
      if (isUsable(slot)) return slot;
    }
    return undefined;
  }

  /**
   * The slot for a request: the function's first position while that is not far above the mean, then its next one (hashing with
   * bounded load); the one that stands by when no position has a worker; undefined when all are full.
   */
  choose(deployment: Deployment): Slot | undefined {
    let usable = 0;
    let total = 0;
    for (const slot of this.#positions) {
      if (!isUsable(slot)) continue;
      usable++;
      total += slot.calls.size;
    }
    if (usable === 0) return hasRoom(this.#standby) ? this.#standby : undefined;
    const bound = Math.min(CALLS_PER_WORKER_MAX, ((total + 1) / usable) * OVER_MEAN + OVER_FEW);
    for (const position of this.#preference(deployment)) {
      const slot = this.#positions[position] as Slot;
      if (isUsable(slot) && slot.calls.size < bound) return slot;
    }
    return undefined;
  }

  #preference(deployment: Deployment): readonly number[] {
    const known = this.#preferences.get(deployment);
    if (known !== undefined) return known;
    const preference = preferenceOf(deployment.manifest.name, this.#positions.length);
    this.#preferences.set(deployment, preference);
    return preference;
  }
}

export function isUsable(slot: Slot): boolean {
  return slot.link !== undefined && !slot.retiring;
}

export function isIdle({ calls, lingering }: Slot): boolean {
  return calls.size === 0 && lingering.size === 0;
}

export function hasRoom(slot: Slot): boolean {
  return isUsable(slot) && slot.calls.size < CALLS_PER_WORKER_MAX;
}

/** Code of a call that the slot's worker has runs from now on. */
export function noteBegun({ calls, loads }: Slot, id: number): void {
  const call = calls.get(id);
  if (call === undefined) return;
  call.begun = true;
  loads?.noteBegun(call.deployment.key);
  call.caller.begun();
}

/** The slot's process is gone, and all that was in it. @returns whose work went on there after its answer */
export function vacate(slot: Slot): Deployment[] {
  const lingering = slot.lingering.values().map(({ deployment }) => deployment);
  Object.assign(slot, { link: undefined, loads: undefined });
  slot.calls.clear();
  slot.lingering.clear();
  return lingering;
}

function newSlot(index: number): Slot {
  return { index, link: undefined, retiring: false, calls: new IdTable(), lingering: new IdTable(), loads: undefined };
}
