import { DOMException } from "./domException.ts";
import { defineInterface, toDictionary } from "./webidl.ts";

/** Web IDL's error for what goes beyond a quota; it may say which, and what was asked for. */
export class QuotaExceededError extends DOMException {
  readonly #quota: number | null;
  readonly #requested: number | null;

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

function toAmount(value: unknown, name: string): number | null {
  if (value === undefined) return null;
  const amount = +(value as number);
  if (!Number.isFinite(amount)) throw new TypeError(`The member "${name}" must be a finite number`);
  if (amount < 0) throw new RangeError(`The member "${name}" must not be negative`);
  return amount;
}
