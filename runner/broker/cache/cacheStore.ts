import type { Freshness, StoredHead } from "./storable.ts";

export interface CachedAnswer {
  readonly head: StoredHead;
  readonly body: Buffer;
  readonly freshness: Freshness;
  /** When it was stored, ms of the monotonic clock. */
  readonly storedMs: number;
}

/** Where an answer is: its function, its cache and URL, and what it varies by. */
export interface Spot {
  readonly owner: string;
  readonly place: string;
  readonly variant: string;
}

interface Entry {
  readonly answer: CachedAnswer;
  readonly bytes: number;
  readonly spot: Spot;
  /** Who is being sent it now. */
  readers: number;
}

/** What one function has stored, the least recently used entry first, and what counts for it. */
interface Shelf {
  readonly entries: Map<string, Entry>;
  /** Variants of each place, and what they vary by. */
  readonly places: Map<string, { vary: readonly string[]; readonly variants: Set<string> }>;
  /** Its entries, those that were given up while they are still being sent, and what is reserved for it. */
  bytes: number;
}

/** Variants of one URL; the oldest makes room. */
const VARIANTS_MAX = 32;
/** What an entry takes beside its texts and its body, about, bytes. */
const OVERHEAD_BYTES = 512;

/**
 * Answers in memory, a shelf for each function. When all together are too large, the largest shelf gives up what it has not used for
 * longest: a function that stores much takes from itself. What is given up while somebody is sent it counts for its function until that
 * is over, and so do bodies that are still coming: a function with much under way takes from nobody else.
 */
export class CacheStore {
  readonly #bytesMax: number;
  readonly #shelves = new Map<string, Shelf>();
  #bytes = 0;

  /** @param bytesMax of all answers together. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What the answers of a place vary by. */
  varyOf(owner: string, place: string): readonly string[] {
    return this.#shelves.get(owner)?.places.get(place)?.vary ?? [];
  }

  get(spot: Spot): CachedAnswer | undefined {
    const shelf = this.#shelves.get(spot.owner);
    const entry = shelf?.entries.get(keyOf(spot));
    if (shelf === undefined || entry === undefined) return undefined;
    shelf.entries.delete(keyOf(spot));
    shelf.entries.set(keyOf(spot), entry);
    return entry.answer;
  }

  /** Makes room for a function's bytes that are to come. @returns whether there is room. */
  reserve(owner: string, bytes: number): boolean {
    while (this.#bytes + bytes > this.#bytesMax)
      if (!this.#dropSome(this.#bytes + bytes - this.#bytesMax)) return false;
    this.#count(owner, bytes);
    return true;
  }

  /** Gives reserved bytes back. */
  release(owner: string, bytes: number): void {
    this.#count(owner, -bytes);
  }

  /** @param reserved bytes that were reserved for it. @returns whether there was room. */
  put(spot: Spot, vary: readonly string[], answer: CachedAnswer, reserved: number): boolean {
    const { owner, place, variant } = spot;
    this.release(owner, reserved);
    this.#remove(spot);
    const bytes = sizeOf(spot, answer);
    if (!this.reserve(owner, bytes)) return false;
    const shelf = this.#shelves.get(owner) as Shelf;
    const at = shelf.places.get(place) ?? { vary, variants: new Set() };
    // What was stored under other names of headers cannot be found any more.
    const isOther = `${at.vary}` !== `${vary}`;
    const [oldest] = at.variants;
    const gone = isOther ? [...at.variants] : at.variants.size >= VARIANTS_MAX ? [oldest as string] : [];
    for (const old of gone) this.#remove({ owner, place, variant: old });
    at.vary = vary;
    at.variants.add(variant);
    // A place goes with the last thing in it.
    shelf.places.set(place, at);
    shelf.entries.set(keyOf(spot), { answer, bytes, spot, readers: 0 });
    return true;
  }

  /** @returns whether there was anything. */
  delete(owner: string, place: string): boolean {
    const variants = [...(this.#shelves.get(owner)?.places.get(place)?.variants ?? [])];
    for (const variant of variants) this.#remove({ owner, place, variant });
    return variants.length > 0;
  }

  /** The answer's body is being sent until the function that is given back is called. */
  lend(spot: Spot): () => void {
    const entry = this.#shelves.get(spot.owner)?.entries.get(keyOf(spot));
    if (entry === undefined) return () => {};
    entry.readers++;
    return () => {
      const isGone = this.#shelves.get(spot.owner)?.entries.get(keyOf(spot)) !== entry;
      if (--entry.readers === 0 && isGone) this.release(spot.owner, entry.bytes);
    };
  }

  #remove(spot: Spot): void {
    const { owner, place, variant } = spot;
    const shelf = this.#shelves.get(owner);
    const entry = shelf?.entries.get(keyOf(spot));
    if (shelf === undefined || entry === undefined) return;
    shelf.entries.delete(keyOf(spot));
    if (entry.readers === 0) this.release(owner, entry.bytes);
    const at = shelf.places.get(place);
    at?.variants.delete(variant);
    if (at?.variants.size === 0) shelf.places.delete(place);
  }

  /** A shelf is there as long as anything counts for it. */
  #count(owner: string, bytes: number): void {
    const shelf = this.#shelves.get(owner) ?? { entries: new Map(), places: new Map(), bytes: 0 };
    this.#bytes += bytes;
    shelf.bytes += bytes;
    if (shelf.bytes === 0) this.#shelves.delete(owner);
    else this.#shelves.set(owner, shelf);
  }

  /**
   * Takes from the largest shelf what is wanted, but not more than a tenth of it: then another one may be the largest.
   * @returns false when that shelf has nothing to give: others are not to give in its place.
   */
  #dropSome(bytesWanted: number): boolean {
    let shelf: Shelf | undefined;
    for (const each of this.#shelves.values()) if (shelf === undefined || each.bytes > shelf.bytes) shelf = each;
    if (shelf === undefined || shelf.entries.size === 0) return false;

    const least = Math.max(shelf.bytes - bytesWanted, shelf.bytes * 0.9);
    for (const { spot } of shelf.entries.values()) {
      this.#remove(spot);
      if (shelf.bytes <= least) break;
    }
    return true;
  }
}

function keyOf({ place, variant }: Spot): string {
  return `${place}\n${variant}`;
}

function sizeOf({ place, variant }: Spot, { head, body }: CachedAnswer): number {
  let bytes = OVERHEAD_BYTES + body.length + 2 * (place.length + variant.length);
  for (const [name, value] of head.headers) bytes += 2 * (name.length + value.length) + 32;
  return bytes;
}
