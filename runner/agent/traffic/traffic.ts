import type { Log } from "../../log.ts";
import { changeRelease } from "../../release/changeRelease.ts";
import { ReleaseError } from "../../release/errors.ts";
import type { ReleaseStore } from "../../release/store.ts";
import { endSplit } from "../../release/tableChanges.ts";
import type { ReleasedFunction, SplitReport } from "../../release/types.ts";
import { functionTag } from "../../traffic/arm.ts";
import { NO_COUNTS, type SplitCounts } from "../../traffic/armCounts.ts";
import { purge } from "../cache/varnishPurge.ts";
import type { AgentConfig } from "../config.ts";
import type { Door } from "../door/door.ts";
import { LastingFaults } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { RunnerAwayError, type RunnerControl } from "../runnerControl.ts";
import type { TrustedKeys } from "../trustedKeys.ts";
import { type GuardedSplit, guardedSplits, SplitJudge } from "./guardedSplits.ts";

/** How often the runner is asked for its counts of splits with a guard. */
const LOOK_MS = 1_000;
/** How often nodes tell each other what they have counted: each telling is a write and a read of everybody's acks. */
const TELL_MS = 5_000;
/** A roll-back that could not be written is tried again so much later; visitors are off the candidate already. */
const WRITE_AGAIN_MS = 30_000;

interface TrafficParts {
  readonly config: Pick<AgentConfig, "node" | "region" | "cache">;
  readonly store: ReleaseStore;
  readonly runner: RunnerControl;
  /** Null where no HAProxy leads visitors to versions. */
  readonly door: Door | null;
  /** Where releases are signed, only who has a key writes them. */
  readonly trusted: TrustedKeys;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/**
 * Leads visitors to versions of functions: keeps the door at the release that is served, the cache free of versions that functions want
 * forgotten, and ends splits whose candidates are too bad. This node's door leads nobody to such a candidate from the moment
 * at which it knows; then it changes the release, where it may, so that the split is over for all and for good.
 */
export class Traffic {
  readonly #parts: TrafficParts;
  readonly #judge = new SplitJudge();
  readonly #faults: LastingFaults;
  #functions: readonly ReleasedFunction[] | null = null;
  #splits: readonly GuardedSplit[] = [];
  #reports = new Map<string, SplitReport>();
  /** By other nodes, and by this one before it was started anew. */
  #told: ReadonlyMap<string, Readonly<Record<string, SplitReport>>> = new Map();
  #isReportDue = false;
  readonly #notBefore = { look: 0, tell: 0, write: 0 };

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    this.#faults = new LastingFaults(parts.log);
  }

  /** What the node has counted of splits with a guard, for the acknowledgement that is written now; undefined where there is none. */
  takeReport(): Readonly<Record<string, SplitReport>> | undefined {
    this.#isReportDue = false;
    return this.#reports.size === 0 ? undefined : Object.fromEntries(this.#reports);
  }

  /** Other nodes should hear of it. */
  get isReportDue(): boolean {
    return this.#isReportDue;
  }

  /** The node serves these functions from now on. */
  async serve(functions: readonly ReleasedFunction[]): Promise<void> {
    const before = this.#functions;
    this.#functions = functions;
    this.#splits = guardedSplits(functions, this.#parts.config.region);
    const kept = this.#splits.flatMap(({ name, at }) => {
      const report = this.#reports.get(name);
      return report?.at === at ? [[name, report] as const] : [];
    });
    this.#reports = new Map(kept);
    // What this node said before it was started anew is read before it says anything else.
    if (this.#splits.length > 0) await this.#hear();
    await this.#lead();
    if (before !== null) await this.#purge(before, functions);
  }

  /** Cheap, for every turn of the agent's loop. */
  async tick(): Promise<void> {
    await this.#parts.door?.tick();
    const nowMs = performance.now();
    if (this.#splits.length === 0 || nowMs < this.#notBefore.look) return;
    this.#notBefore.look = nowMs + LOOK_MS;
    await this.#look();
    await this.#writeEnds();
  }

  async #look(): Promise<void> {
    const { config, log, metrics, runner } = this.#parts;
    const counts = await this.#ask(() => runner.splits());
    await this.#hear();
    let isNew = false;
    for (const split of this.#splits) {
      const own = counts?.[split.name] ?? null;
      const told = [...this.#told].flatMap(([node, reports]) => {
        const report = reports[split.name];
        return report === undefined ? [] : [[node, report] as const];
      });
      const before = this.#reports.get(split.name);
      const condemned = before?.condemned ?? this.#judge.judge(split, own, new Map(told), config.node);
      const { name, at, versions } = split;
      const { stable, candidate } = own ?? before ?? { stable: NO_COUNTS, candidate: NO_COUNTS };
      if (before === undefined) this.#isReportDue = true;
      this.#reports.set(name, { at, versions, stable, candidate, condemned });
      if (condemned === null || before?.condemned != null) continue;
      isNew = true;
      metrics.add("splits_ended_total");
      log("error", "a candidate is too bad: no visitor is led to it any more", {
        function: name,
        ...versions,
        reason: condemned,
      });
    }
    if (!isNew) return;
    this.#isReportDue = true;
    this.#notBefore.write = 0;
    await this.#lead();
  }

  /** What the other nodes say, as often as this one says it. */
  async #hear(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#notBefore.tell) return;
    this.#notBefore.tell = nowMs + TELL_MS;
    this.#isReportDue = true;
    const { store } = this.#parts;
    try {
      const acks = await store.readAcks();
      this.#told = new Map([...acks].flatMap(([node, { splits }]) => (splits === undefined ? [] : [[node, splits]])));
      this.#faults.passed("acks");
    } catch (error) {
      this.#faults.met("acks", "what other nodes count of splits cannot be read; judging by what there is", error);
    }
  }

  /** The door leads to the candidates that nobody condemned. */
  async #lead(): Promise<void> {
    const functions = this.#functions ?? [];
    const isOver = ({ name }: ReleasedFunction) => (this.#reports.get(name)?.condemned ?? null) !== null;
    await this.#parts.door?.serve(functions.map((known) => (isOver(known) ? { ...known, split: null } : known)));
  }

  /** Takes condemned candidates out of the release. Whoever else does the same first has done it for all. */
  async #writeEnds(): Promise<void> {
    const { config, trusted, store, log } = this.#parts;
    const { keys, signer, mayWrite } = trusted;
    const nowMs = performance.now();
    if (!mayWrite || nowMs < this.#notBefore.write) return;
    for (const [name, { versions, condemned }] of this.#reports) {
      if (condemned === null) continue;
      this.#notBefore.write = nowMs + WRITE_AGAIN_MS;
      const deployed = {
        by: `node ${config.node}`,
        at: new Date().toISOString(),
        reason: `the split was ended: ${condemned}`,
        commit: null,
      };
      try {
        const { release, changed } = await changeRelease(
          store,
          (functions) => {
            const found = functions.find((known) => known.name === name);
            const isThis =
              found?.split?.manifest.version === versions.candidate && found.manifest.version === versions.stable;
            return isThis ? endSplit(name, deployed)(functions) : functions;
          },
          { deployed, signer, keys },
        );
        this.#faults.passed("end of a split");
        if (changed.length > 0)
          log("warn", "a split was rolled back", { function: name, release: release.release, reason: condemned });
      } catch (error) {
        if (error instanceof ReleaseError && error.code === "ERR_RELEASE_CONFLICT") continue;
        this.#faults.met(
          "end of a split",
          "a split that is over on this node cannot be ended in the release; trying again",
          error,
        );
      }
    }
  }

  /** Other versions' copies are never looked up; this gives back their room. */
  async #purge(before: readonly ReleasedFunction[], after: readonly ReleasedFunction[]): Promise<void> {
    const { cache } = this.#parts.config;
    const versions = new Map(before.map(({ name, manifest }) => [name, manifest.version]));
    for (const { name, manifest } of cache === null ? [] : after) {
      const known = versions.get(name);
      if (manifest.cache?.onDeploy !== "purge" || known === undefined || known === manifest.version) continue;
      try {
        await purge(cache?.purge ?? "", { kind: "tag", tag: functionTag(name) });
        this.#parts.metrics.add("purges_total", "deploy");
        this.#faults.passed("purge");
      } catch (error) {
        this.#parts.metrics.add("purge_errors_total");
        this.#faults.met("purge", "a function's old copies could not be purged; nobody is given them", error);
      }
    }
  }

  async #ask(
    question: () => Promise<Readonly<Record<string, SplitCounts>>>,
  ): Promise<Readonly<Record<string, SplitCounts>> | null> {
    try {
      const counts = await question();
      this.#faults.passed("counts");
      return counts;
    } catch (error) {
      if (!(error instanceof RunnerAwayError)) throw error;
      this.#faults.met("counts", "the runner does not say what it counts of splits; judging by what there is", error);
      return null;
    }
  }
}
