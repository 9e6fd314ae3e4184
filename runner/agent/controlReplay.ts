import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import { canonicalJson } from "../release/canonicalJson.ts";
import { type ControlEntry, readControlEntry } from "../release/controlLog.ts";
import { ReleaseError } from "../release/errors.ts";
import { readBounded, writeWhole } from "../release/files.ts";
import { parseJson } from "../release/manifest.ts";
import { integer, record } from "../release/shape.ts";
import { requireSignature } from "../release/signature.ts";
import type { ReleaseStore } from "../release/store.ts";
import { type PurgeOrder, parsePurgeOrder } from "./cache/purgeOrder.ts";
import { CacheAwayError, purge } from "./cache/varnishPurge.ts";
import { LastingFaults } from "./lastingFaults.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { RunnerControl } from "./runnerControl.ts";
import type { TrustedKeys } from "./trustedKeys.ts";

/** A node that starts waits for its cache, its runner and the store this long, and then serves without them. */
const START_WITHIN_MS = 5_000;
/** How often the log is looked at for entries that are gone before the node has seen them. */
const GAP_CHECK_MS = 60 * 60 * 1_000;
/** Until then the other nodes have purged too: what was fetched from one of them meanwhile may be old, and goes as well. */
const AGAIN_AFTER_MS = 5_000;
const AGAIN_MAX = 1_000;
const NOTE_BYTES_MAX = 256;

export interface ControlReplayParts {
  readonly store: ReleaseStore;
  /** Folder of the node's own releases; its file `control` says how far the node is. */
  readonly releasesDir: string;
  /** UNIX socket of Varnish's for purging; null where there is no cache. */
  readonly purgeSocket: string | null;
  readonly runner: RunnerControl;
  readonly trusted: TrustedKeys;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/** Does what the store's control log says, each entry once and in order, and notes on disk how far it is. */
export class ControlReplay {
  readonly #parts: ControlReplayParts;
  readonly #note: string;
  readonly #faults: LastingFaults;
  /** Null where the node does not know: then whatever its cache has may be what it should have forgotten. */
  #last: number | null = null;
  #underWay: Promise<boolean> | null = null;
  #gapCheckAtMs = 0;
  readonly #again: { readonly order: PurgeOrder; readonly atMs: number }[] = [];

  constructor(parts: ControlReplayParts) {
    this.#parts = parts;
    this.#note = join(parts.releasesDir, "control");
    this.#faults = new LastingFaults(parts.log);
  }

  /** Number of the last entry that was done; 0 before the first. */
  get last(): number {
    return this.#last ?? 0;
  }

  /** Reads how far the node is, and does what it missed, unless store, cache or runner let it wait. True when the node is further. */
  async open(): Promise<boolean> {
    this.#last = await this.#readNote();
    const over = new AbortController();
    const late = delay(START_WITHIN_MS, false, { signal: over.signal }).catch(() => false);
    const isDone = await Promise.race([this.step(), late]);
    over.abort();
    return isDone;
  }

  /** Does what is new. True when the node is further. */
  step(): Promise<boolean> {
    this.#underWay ??= this.#step().finally(() => {
      this.#underWay = null;
    });
    return this.#underWay;
  }

  async #step(): Promise<boolean> {
    const before = this.last;
    try {
      await this.#purgeAgain();
      if (this.#last === null || performance.now() >= this.#gapCheckAtMs) await this.#closeGap();
      while (await this.#doNext()) this.#faults.passed("control");
      this.#faults.passed("control");
    } catch (error) {
      // Entries may go while the store is away.
      this.#gapCheckAtMs = 0;
      if (error instanceof ReleaseError) this.#parts.metrics.add("store_errors_total");
      this.#faults.met("control", "the control log cannot be followed; trying again", error);
    }
    return this.last !== before;
  }

  /** A node that does not know how far it is, or for which the next entries are gone, forgets everything that is cached. */
  async #closeGap(): Promise<void> {
    const { store, log } = this.#parts;
    const newest = await store.newestControl();
    const isBehind = this.#last !== null && this.#last < newest && (await store.readControl(this.#last + 1)) === null;
    if (this.#last === null || isBehind || newest < this.#last) {
      log("info", "the node cannot tell what its cache should have forgotten: it forgets everything", {
        last: this.#last,
        newest,
      });
      await this.#purge({ kind: "all" });
      await this.#noteLast(newest);
    }
    this.#gapCheckAtMs = performance.now() + GAP_CHECK_MS;
  }

  async #doNext(): Promise<boolean> {
    const { store, trusted, metrics, log } = this.#parts;
    const n = this.last + 1;
    try {
      const bytes = await store.readControl(n);
      if (bytes === null) return false;
      const entry = readControlEntry(n, bytes);
      requireSignature(entry, { keys: trusted.keys, where: `control/${n}.json` });
      await this.#do(entry);
      metrics.add("control_entries_total", entry.kind);
      log("info", "done as the control log says", { n, kind: entry.kind, by: entry.by, at: entry.at });
    } catch (error) {
      if (!(error instanceof ReleaseError) || error.code === "ERR_RELEASE_STORE") throw error;
      metrics.add("refusals_total", error.code);
      log("error", "an entry of the control log was refused, and is passed over", { n, error: error.message });
    }
    await this.#noteLast(n);
    return true;
  }

  async #do(entry: ControlEntry): Promise<void> {
    if (entry.kind === "lift") return this.#parts.runner.lift(entry.function);
    const order = parsePurgeOrder(entry.order);
    await this.#purge(order);
    if (this.#again.length < AGAIN_MAX) this.#again.push({ order, atMs: performance.now() + AGAIN_AFTER_MS });
  }

  async #purgeAgain(): Promise<void> {
    for (let [next] = this.#again; next !== undefined && performance.now() >= next.atMs; [next] = this.#again) {
      await this.#purge(next.order);
      this.#again.shift();
    }
  }

  async #purge(order: PurgeOrder): Promise<void> {
    const { purgeSocket, metrics } = this.#parts;
    if (purgeSocket === null) return;
    try {
      await purge(purgeSocket, order);
      metrics.add("purges_total", order.kind);
    } catch (error) {
      if (error instanceof CacheAwayError && error.isDown) return;
      metrics.add("purge_errors_total");
      throw error;
    }
  }

  async #noteLast(last: number): Promise<void> {
    this.#last = last;
    this.#parts.metrics.set("control_entry", last);
    await writeWhole(this.#note, Buffer.from(canonicalJson({ last })));
  }

  /** A note that is damaged is none. */
  async #readNote(): Promise<number | null> {
    try {
      const bytes = await readBounded(this.#note, NOTE_BYTES_MAX);
      if (bytes === null) return null;
      const { last } = record(parseJson(bytes, this.#note), ["last"], "control");
      return integer(last, "control.last", { min: 0, max: Number.MAX_SAFE_INTEGER });
    } catch (error) {
      this.#faults.met("note", "how far the node is in the control log cannot be read", error);
      return null;
    }
  }
}
