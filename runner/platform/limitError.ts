import type { LimitName } from "../limits.ts";
import { TO_HOST } from "../worker/isolatePort.ts";
import { bindingFaultOf } from "./bindings/bindingError.ts";
import { errorText } from "./describe.ts";
import { noteFired, noteTold } from "./firedLimits.ts";
import { callNow, host } from "./host.ts";
import { defineProperty } from "./primordials.ts";

/** A limit fired inside the isolate. A handler may catch it; when it escapes, the answer is the limit's typed error. */
export class LimitError extends Error {
  override readonly name = "LimitError";
  readonly #limit: LimitName;
  readonly #used: number;

  constructor(limit: LimitName, used: number) {
    super(`${limit}: ${used} of ${host().facts.limits[limit]}; see docs/limits.md#${limit.toLowerCase()}`);
    noteFired(callNow(), limit, used);
    this.#limit = limit;
    this.#used = used;
  }

  /** Tells the host what a handler has let escape. */
  static report(call: number, error: unknown): void {
    const { send } = host();
    if (typeof error === "object" && error !== null && #limit in error) {
      noteTold(call, error.#limit);
      send(TO_HOST.limit, call, error.#used, error.#limit);
    } else {
      send(TO_HOST.threw, call, bindingFaultOf(error), errorText(error));
    }
  }
}
/** What the host has done at once, where it was paid for. @throws LimitError with the CPU time that it would have used */
export function paidFor<Made>(made: Made | number): Made {
  if (typeof made === "number") throw new LimitError(callNow() === 0 ? "startMs" : "cpuMs", made);
  return made;
}

// A function that has caught one makes no others with it.
defineProperty(LimitError.prototype, "constructor", { value: Error });
