/** Bodies, of calls and of results, that the broker holds for the operations of one function, and for those of all, bytes. */
const FUNCTION_BYTES_MAX = 32 * 1024 * 1024;
const ALL_BYTES_MAX = 128 * 1024 * 1024;

/** What operations hold of the broker's memory while they wait and run, and until their results are taken. */
export class HeldBytes {
  readonly #byFunction = new Map<string, number>();
  #all = 0;

  /** @returns whether there is room; a function that holds nothing always has some. */
  take(name: string, bytes: number): boolean {
    const own = this.#byFunction.get(name) ?? 0;
    if (own > 0 && (own + bytes > FUNCTION_BYTES_MAX || this.#all + bytes > ALL_BYTES_MAX)) return false;
    this.#byFunction.set(name, own + bytes);
    this.#all += bytes;
    return true;
  }

  release(name: string, bytes: number): void {
    const left = (this.#byFunction.get(name) ?? 0) - bytes;
    if (left > 0) this.#byFunction.set(name, left);
    else this.#byFunction.delete(name);
    this.#all -= bytes;
  }
}
