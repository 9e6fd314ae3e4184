import type { Log } from "../log.ts";
import { NewerPointerError } from "../release/errors.ts";
import type { ReleaseStore } from "../release/store.ts";
import type { Current } from "../release/types.ts";
import { LastingFaults } from "./lastingFaults.ts";
import type { AgentMetrics } from "./metrics.ts";
import { codeOf } from "./reasons.ts";

/** The pointer is read anew this often even where its stamp stayed the same. */
const FULL_READ_MS = 60_000;

/** The store's pointer, as it was seen last. */
export class Pointer {
  readonly #store: ReleaseStore;
  readonly #metrics: AgentMetrics;
  readonly #faults: LastingFaults;
  #stamp: string | null = null;
  #fullReadAtMs = 0;
  /** What the store names; null where it names nothing, or nothing that can be read. */
  current: Current | null = null;
  /** A pointer of newer code, and what to do; null where there is none. */
  newer: { readonly generation: number; readonly reason: string } | null = null;

  constructor({ store, metrics, log }: { store: ReleaseStore; metrics: AgentMetrics; log: Log }) {
    this.#store = store;
    this.#metrics = metrics;
    this.#faults = new LastingFaults(log);
  }

  async look(): Promise<void> {
    const metrics = this.#metrics;
    metrics.add("polls_total");
    try {
      const stamp = await this.#store.currentStamp();
      const nowMs = performance.now();
      if (stamp !== this.#stamp || nowMs >= this.#fullReadAtMs) {
        this.current = (await this.#store.readCurrent())?.current ?? null;
        this.newer = null;
        this.#stamp = stamp;
        this.#fullReadAtMs = nowMs + FULL_READ_MS;
        metrics.set("pointer_generation", this.current?.generation ?? 0);
      }
      metrics.set("last_poll_timestamp_seconds", Date.now() / 1000);
      this.#faults.passed("store");
    } catch (error) {
      this.#cannotBeRead(error);
    }
  }

  /** A pointer that cannot be read is no pointer: what it named before is not followed any further either. */
  #cannotBeRead(error: unknown): void {
    this.current = null;
    this.#stamp = null;
    const isNewer = error instanceof NewerPointerError && error.generation !== null;
    this.newer = isNewer ? { generation: error.generation as number, reason: error.message } : null;
    const isNew = this.#faults.met("store", "the store's pointer cannot be read", error);
    const code = codeOf(error);
    if (code === "ERR_RELEASE_STORE") this.#metrics.add("store_errors_total");
    else if (isNew) this.#metrics.add("refusals_total", code);
  }
}
