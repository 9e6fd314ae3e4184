/** A base class whose constructor gives back what it is given. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is what it is for.
    return object;
  }
}

/** Fields that code of the function cannot name, on objects that V8 makes. */
export function newStamp<Value>() {
  class Stamp extends Given {
    #value: Value;
    constructor(object: object, value: Value) {
      super(object);
      this.#value = value;
    }
    static of(object: unknown): Value | undefined {
      return typeof object === "object" && object !== null && #value in object ? object.#value : undefined;
    }
  }
  return {
    put: (object: object, value: Value) => void new Stamp(object, value),
    of: Stamp.of,
  };
}
