const PLACES_MIN = 16;

const Ids = Uint32Array;
const { setPrototypeOf } = Object;

/**
 * Values by number, for those that come and go with every request. A Map moves to a new table every so many entries, and in V8 the one it
 * left holds on to all that was in it until the next full collection: half of what a request leaves then outlives it. All but `values` works
 * whatever becomes of the language's own prototypes: isolates use it too.
 */
export class IdTable<V> {
  /** Open addressing, at most half full; 0 is a free place. */
  #ids = new Ids(PLACES_MIN);
  #values = emptyPlaces<V>(PLACES_MIN);
  /** One less than there are places. */
  #mask = PLACES_MIN - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): V | undefined {
    return this.#values[this.#placeOf(id)];
  }

  has(id: number): boolean {
    return this.#ids[this.#placeOf(id)] === id;
  }

  /** @param id from 1 to 2³² − 1 */
  set(id: number, value: V): void {
    let place = this.#placeOf(id);
    if (this.#ids[place] === 0) {
      if (++this.#size * 2 > this.#mask) {
        this.#grow();
        place = this.#placeOf(id);
      }
      this.#ids[place] = id;
    }
    this.#values[place] = value;
  }

  /** @returns whether it was there. */
  delete(id: number): boolean {
    const ids = this.#ids;
    const mask = this.#mask;
    let free = this.#placeOf(id);
    if (ids[free] === 0) return false;
    // Those behind it that it kept from their own place move up.
    for (let place = (free + 1) & mask; ids[place] !== 0; place = (place + 1) & mask) {
      const wanted = (ids[place] as number) & mask;
      if (((place - wanted) & mask) < ((place - free) & mask)) continue;
      ids[free] = ids[place] as number;
      this.#values[free] = this.#values[place];
      free = place;
    }
    ids[free] = 0;
    this.#values[free] = undefined;
    this.#size--;
    return true;
  }

  clear(): void {
    this.#ids = new Ids(this.#mask + 1);
    this.#values = emptyPlaces(this.#mask + 1);
    this.#size = 0;
  }

  /** All values, the lowest number first. */
  values(): V[] {
    const ids = [...this.#ids].filter((id) => id !== 0).sort((a, b) => a - b);
    return ids.map((id) => this.get(id) as V);
  }

  /** Where it is, or the free place where it would be. */
  #placeOf(id: number): number {
    const ids = this.#ids;
    const mask = this.#mask;
    let place = id & mask;
    while (ids[place] !== id && ids[place] !== 0) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const ids = this.#ids;
    const values = this.#values;
    const places = this.#mask + 1;
    this.#mask = places * 2 - 1;
    this.#ids = new Ids(places * 2);
    this.#values = emptyPlaces(places * 2);
    for (let place = 0; place < places; place++) {
      const id = ids[place] as number;
      if (id === 0) continue;
      const moved = this.#placeOf(id);
      this.#ids[moved] = id;
      this.#values[moved] = values[place];
    }
  }
}

/** A list with nothing above it: no setter for an index is asked while it is filled. */
function emptyPlaces<V>(count: number): (V | undefined)[] {
  const places: (V | undefined)[] = setPrototypeOf([], null);
  for (let place = 0; place < count; place++) places[place] = undefined;
  return places;
}
