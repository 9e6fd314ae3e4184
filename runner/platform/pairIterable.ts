import { apply, defineProperty, setPrototypeOf } from "./primordials.ts";
import { defineInterface, needArguments } from "./webidl.ts";

type Kind = "entries" | "keys" | "values";
type Pairs = readonly (readonly [string, unknown])[];

/** What Web IDL gives an interface that is declared as `iterable<K, V>`. */
export interface PairMethods<V> {
  entries(): IterableIterator<[string, V]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
  forEach(callback: (value: V, key: string, owner: object) => void, receiver?: unknown): void;
}

const iteratorPrototype: object = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
const ENUMERABLE = { writable: true, enumerable: true, configurable: true } as const;

/**
 * Adds `entries`, `keys`, `values`, `forEach` and the iterator to an interface. All of them see what is added and removed while
 * they run: they count from the start of what is there at each step.
 *
 * @param pairsOf the pairs of an object as they are now; throws TypeError for what is no such object
 */
export function definePairIterable(
  Class: abstract new () => object,
  name: string,
  pairsOf: (owner: object) => Pairs,
): void {
  const { prototype } = Class;
  const start = iteratorMaker(name, pairsOf);
  const methods = {
    entries(this: object) {
      return start(this, "entries");
    },
    keys(this: object) {
      return start(this, "keys");
    },
    values(this: object) {
      return start(this, "values");
    },
    forEach(this: object, callback: unknown, receiver: unknown = undefined) {
      let pairs = pairsOf(this);
      needArguments(arguments.length, 1, `${name}.forEach`);
      if (typeof callback !== "function") throw new TypeError(`${name}.forEach takes a function`);
      for (let index = 0; index < pairs.length; index++) {
        const [key, value] = pairs[index] as Pairs[number];
        apply(callback, receiver, [value, key, this]);
        pairs = pairsOf(this);
      }
    },
  };
  for (const key of ["entries", "keys", "values", "forEach"] as const) {
    defineProperty(prototype, key, { ...ENUMERABLE, value: methods[key] });
  }
  defineProperty(prototype, Symbol.iterator, { ...ENUMERABLE, enumerable: false, value: methods.entries });
}

function iteratorMaker(name: string, pairsOf: (owner: object) => Pairs): (owner: object, kind: Kind) => object {
  class Steps {
    readonly #owner: object;
    readonly #kind: Kind;
    #index = 0;

    constructor(owner: object, kind: Kind) {
      this.#owner = owner;
      this.#kind = kind;
    }

    next(): IteratorResult<unknown> {
      const pair = pairsOf(this.#owner)[this.#index];
      if (pair === undefined) return { value: undefined, done: true };
      this.#index++;
      const [key, value] = pair;
      return { value: this.#kind === "keys" ? key : this.#kind === "values" ? value : [key, value], done: false };
    }
  }
  const { prototype } = Steps;
  defineInterface(Steps, `${name} Iterator`);
  Reflect.deleteProperty(prototype, "constructor");
  setPrototypeOf(prototype, iteratorPrototype);
  return (owner, kind) => {
    pairsOf(owner);
    return new Steps(owner, kind);
  };
}
