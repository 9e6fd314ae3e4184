import { BindingFault } from "./engine.ts";

/** What the broker holds for the operations of one function, and for those of all, bytes. */
const FUNCTION_BYTES_MAX = 32 * 1024 * 1024;
const ALL_BYTES_MAX = 128 * 1024 * 1024;

/** What operations hold of the broker's memory while they wait and run, and until their results are the kernel's. */
export class HeldBytes {
  readonly #byFunction = new Map<string, number>();
  #all = 0;

  /** The account of one operation of a function. */
  newHolding(name: string): Holding {
    let own = 0;
    let isOver = false;
    return {
      take: (bytes, refusal) => {
        if (isOver || !this.#hasRoom(name, bytes)) throw new BindingFault("ERR_BINDING_OVERLOADED", refusal);
        own += bytes;
        this.#add(name, bytes);
      },
      release: () => {
        isOver = true;
        this.#add(name, -own);
        own = 0;
      },
    };
  }

  /** A function that holds nothing always has some. */
  #hasRoom(name: string, bytes: number): boolean {
    const held = this.#byFunction.get(name) ?? 0;
    return held === 0 || (held + bytes <= FUNCTION_BYTES_MAX && this.#all + bytes <= ALL_BYTES_MAX);
  }

  #add(name: string, bytes: number): void {
    const held = (this.#byFunction.get(name) ?? 0) + bytes;
    if (held > 0) this.#byFunction.set(name, held);
    else this.#byFunction.delete(name);
    this.#all += bytes;
  }
}

export interface Holding {
  /** @throws BindingFault with the refusal where there is no room. */
  take(bytes: number, refusal: string): void;
  /** The operation is over. */
  release(): void;
}
