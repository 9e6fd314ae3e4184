import { defineInterface } from "./webidl.ts";

const MAKE = Symbol("Navigator");

/** HTML's Navigator, as far as the Minimum Common API has it. */
export class Navigator {
  readonly #userAgent = "edge-fleet";

  constructor(make: unknown = undefined) {
    if (make !== MAKE) throw new TypeError("Illegal constructor");
  }
  get userAgent(): string {
    return this.#userAgent;
  }
}

defineInterface(Navigator, "Navigator");

export const navigator = new Navigator(MAKE);
