import type { EgressFigures } from "../protocol/messages.ts";

type CountName = Exclude<keyof EgressFigures, "key" | "refusals">;
type Counts = Record<CountName, number> & { readonly refusals: Record<string, number> };

/** What sub-requests came to, by function version, since it was last taken. */
export class Figures {
  #byKey = new Map<number, Counts>();

  add(key: number, count: CountName, amount = 1): void {
    this.#of(key)[count] += amount;
  }

  refused(key: number, reason: string): void {
    const { refusals } = this.#of(key);
    refusals[reason] = (refusals[reason] ?? 0) + 1;
  }

  take(): EgressFigures[] {
    const taken = [...this.#byKey].map(([key, counts]) => ({ key, ...counts }));
    this.#byKey = new Map();
    return taken;
  }

  #of(key: number): Counts {
    const found = this.#byKey.get(key);
    if (found !== undefined) return found;
    const counts = { answered: 0, failed: 0, timedOut: 0, cancelled: 0, sentBytes: 0, receivedBytes: 0, refusals: {} };
    this.#byKey.set(key, counts);
    return counts;
  }
}
