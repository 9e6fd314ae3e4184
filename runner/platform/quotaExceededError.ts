import { makeSerializable } from "./clone/platformObjects.ts";
import { DOMException } from "./domException.ts";
import { defineProperty } from "./primordials.ts";
import { defineInterface, toDictionary } from "./webidl.ts";

let amountsOf: (value: object) => readonly [quota: number | null, requested: number | null] | undefined;

/** Web IDL's error for what goes beyond a quota; it may say which, and what was asked for. */
export class QuotaExceededError extends DOMException {
  readonly #quota: number | null;
  readonly #requested: number | null;

  static {
    amountsOf = (value) => (#quota in value ? [value.#quota, value.#requested] : undefined);
  }

  /** @throws TypeError, or RangeError for negative numbers and a request within the quota */
  constructor(message: unknown = "", options: unknown = {}) {
    const given = toDictionary(options, "The options of a QuotaExceededError");
    const quota = toAmount(given.quota, "quota");
    const requested = toAmount(given.requested, "requested");
    super(message, "QuotaExceededError");
    if (quota !== null && requested !== null && requested < quota)
      throw new RangeError(`${requested} was requested, which is within the quota of ${quota}`);
    this.#quota = quota;
    this.#requested = requested;
  }

  get quota(): number | null {
    return this.#quota;
  }
  get requested(): number | null {
    return this.#requested;
  }
}
defineInterface(QuotaExceededError, "QuotaExceededError");
makeSerializable({
  is: (value) => amountsOf(value) !== undefined,
  copy(value) {
    const [quota, requested] = amountsOf(value) as [number | null, number | null];
    const { message, stack } = value as QuotaExceededError;
    return () => {
      const clone = new QuotaExceededError(message, { quota: quota ?? undefined, requested: requested ?? undefined });
      return defineProperty(clone, "stack", { value: stack, writable: true, configurable: true });
    };
  },
});

function toAmount(value: unknown, name: string): number | null {
  if (value === undefined) return null;
  const amount = +(value as number);
  if (!Number.isFinite(amount)) throw new TypeError(`The member "${name}" must be a finite number`);
  if (amount < 0) throw new RangeError(`The member "${name}" must not be negative`);
  return amount;
}
