import { bucketOf, OPERATION_SECONDS } from "../../bindings/durations.ts";
import type { BindingKind } from "../../bindings/kinds.ts";
import type { BindingFigures as Told } from "../../protocol/messages.ts";

interface Kept {
  readonly key: number;
  readonly kind: BindingKind;
  readonly counts: Map<string, { readonly operation: string; readonly outcome: string; count: number }>;
  readonly buckets: number[];
  seconds: number;
}

interface Seen {
  readonly key: number;
  readonly kind: BindingKind;
  readonly operation: string;
  readonly outcome: string;
  readonly tookMs: number;
}

/** What operations of bindings came to, by function version and kind, since it was last taken. */
export class BindingFigures {
  #kept = new Map<string, Kept>();

  add({ key, kind, operation, outcome, tookMs }: Seen): void {
    const kept = this.#of(key, kind);
    const place = `${operation} ${outcome}`;
    const entry = kept.counts.get(place) ?? { operation, outcome, count: 0 };
    entry.count++;
    kept.counts.set(place, entry);
    const seconds = tookMs / 1_000;
    const bucket = bucketOf(seconds);
    kept.buckets[bucket] = (kept.buckets[bucket] ?? 0) + 1;
    kept.seconds += seconds;
  }

  take(): Told[] {
    const taken = [...this.#kept.values()].map(({ counts, ...kept }) => ({
      ...kept,
      counts: [...counts.values()].map(({ operation, outcome, count }) => [operation, outcome, count] as const),
    }));
    this.#kept = new Map();
    return taken;
  }

  #of(key: number, kind: BindingKind): Kept {
    const place = `${key} ${kind}`;
    const found = this.#kept.get(place);
    if (found !== undefined) return found;
    const buckets = new Array<number>(OPERATION_SECONDS.length + 1).fill(0);
    const kept = { key, kind, counts: new Map(), buckets, seconds: 0 };
    this.#kept.set(place, kept);
    return kept;
  }
}
