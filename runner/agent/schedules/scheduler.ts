import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { LEASE_SCHEMA, type LeaseStore, type TaggedLease } from "../../release/leases.ts";
import type { FunctionManifest } from "../../release/types.ts";
import { CronTimes } from "../../schedules/cron.ts";
import type { RunOrder, RunVerdict, ScheduleScope } from "../../schedules/schedule.ts";
import { LastingFaults, messageOf } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { RunnerAwayError } from "../runnerControl.ts";
import { decideRun, RENEW_MS } from "./decideRun.ts";
import { LeasedRun, type RunEnd } from "./leasedRun.ts";
import { leaseName } from "./leaseName.ts";
import { removeOldLeases, SWEEP_MS } from "./oldLeases.ts";

/** After a store or a runner that was away, ms. */
const RETRY_MS = 5_000;
/** After a lease that could not be written at a run's end, ms: doubled up to {@link RETRY_MS}. */
const FIRST_RETRY_MS = 100;
/** Times that were missed are counted up to this many. */
const MISSED_MAX = 1_000;

export interface SchedulerParts {
  readonly node: string;
  readonly region: string;
  /** Leases of the fleet's and the region's schedules, and the node's own. */
  readonly leases: Readonly<Record<ScheduleScope, LeaseStore>>;
  /** Runs a handler to its end. @throws RunnerAwayError where nothing was begun, or nobody can say */
  run(order: RunOrder, signal: AbortSignal): Promise<RunVerdict>;
  readonly clock: { wallMs(): number; monotonicMs(): number };
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

interface Planned {
  readonly order: Omit<RunOrder, "scheduledTime" | "fencing">;
  readonly name: string;
  readonly times: CronTimes;
  /** The newest time and the one after it, as of the last look; both null where there is none. */
  timeMs: number | null;
  nextMs: number | null;
  /** The newest time of which nothing is left to do. */
  doneMs: number;
  notBeforeMs: number;
  /** The lease as this node has seen it, and since when. */
  seen: { readonly etag: string; readonly sinceMs: number } | undefined;
  run: LeasedRun | undefined;
  isBusy: boolean;
  /** The time of which was told that it could not be begun. */
  complainedMs: number;
}

/**
 * Runs the schedules of the release that the node serves. Each time of a schedule runs once in its scope: nodes contend for its
 * lease, and the one that gets it tells its runner. One that was missed is made up until the next one comes; one that comes while
 * the one before it still runs is passed over.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #faults: LastingFaults;
  #functions: readonly FunctionManifest[] | undefined;
  #planned = new Map<string, Planned>();
  #nextSweepMs = Number.NEGATIVE_INFINITY;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#faults = new LastingFaults(parts.log);
  }

  /** The functions that the node serves from now on. Runs that are under way go on. */
  serve(functions: readonly FunctionManifest[]): void {
    const { region } = this.#parts;
    this.#functions = functions;
    const next = new Map<string, Planned>();
    for (const { name, regions, schedules } of functions) {
      if (regions.length > 0 && !regions.includes(region)) continue;
      for (const schedule of schedules) {
        const lease = leaseName(name, schedule, this.#parts);
        next.set(lease, this.#planned.get(lease) ?? plan(lease, { ...schedule, function: name }));
      }
    }
    this.#planned = next;
  }

  /** Looks which schedules are due; what that begins goes on by itself. */
  tick(): void {
    const [wallMs, monotonicMs] = [this.#parts.clock.wallMs(), this.#parts.clock.monotonicMs()];
    for (const planned of this.#planned.values()) {
      advance(planned, wallMs);
      const { timeMs, run } = planned;
      if (timeMs === null || monotonicMs < planned.notBeforeMs) continue;
      if (run !== undefined && timeMs > Math.max(run.timeMs, planned.doneMs)) this.#passOver(planned, timeMs);
      if (planned.isBusy || timeMs === planned.doneMs || this.#stop.signal.aborted) continue;
      planned.isBusy = true;
      const contest = this.#contend(planned, timeMs)
        .catch((error) => {
          this.#faults.met("leases", "schedules: the store of leases cannot be used; trying again", error);
          planned.notBeforeMs = this.#parts.clock.monotonicMs() + RETRY_MS;
        })
        .finally(() => {
          planned.isBusy = false;
        });
      this.#goesOn(contest);
    }
    if (this.#functions === undefined || monotonicMs < this.#nextSweepMs || this.#stop.signal.aborted) return;
    this.#nextSweepMs = monotonicMs + SWEEP_MS;
    this.#goesOn(this.#sweep(this.#functions, wallMs));
  }

  #goesOn(work: Promise<void>): void {
    const done = work.finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /** Leases of schedules that are gone are removed; what fails is tried again the next time. */
  async #sweep(functions: readonly FunctionManifest[], nowMs: number): Promise<void> {
    const { leases, log, node } = this.#parts;
    for (const store of new Set([leases.fleet, leases.region, leases.node])) {
      try {
        const removed = await removeOldLeases(store, { functions, node, nowMs });
        if (removed > 0) log("info", "leases of schedules that are in no release any more are removed", { removed });
      } catch (error) {
        log("warn", "leases of schedules that are gone could not be removed", { reason: messageOf(error) });
      }
    }
  }

  /** What is under way is told to stop; another node, or the next agent, takes over what it leaves. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.settled();
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #contend(planned: Planned, timeMs: number): Promise<void> {
    const { clock, node } = this.#parts;
    const { name, order } = planned;
    const leases = this.#parts.leases[order.scope];
    const found = await leases.readLease(name);
    this.#faults.passed("leases");
    const lease = found?.lease ?? null;
    const nextMs = planned.nextMs ?? Number.POSITIVE_INFINITY;
    const decision = decideRun({ timeMs, nextMs, lease, unchangedMs: this.#unchangedMs(planned, found) });
    const etag = found?.etag ?? null;
    switch (decision.act) {
      case "nothing":
        planned.doneMs = timeMs;
        return;
      case "wait":
        planned.notBeforeMs = clock.monotonicMs() + RENEW_MS;
        return;
      case "adopt":
        await leases.compareAndSwapLease(name, null, {
          ...{ schema: LEASE_SCHEMA, generation: 1, holder: node, timeMs },
          ...{ state: "over", attempt: 1, beat: 0 },
        });
        return;
      case "close":
        if (found !== null) await leases.compareAndSwapLease(name, etag, { ...found.lease, state: "over" });
        return;
      case "run": {
        const { attempt } = decision;
        const run = await LeasedRun.claim({ name, leases, found: lease, etag, holder: node, timeMs, attempt });
        if (run === null) return;
        if (lease !== null) this.#countMissed(planned, lease.timeMs, timeMs);
        await this.#runUnder(run, planned);
      }
    }
  }

  /** How long the lease has been seen unchanged. */
  #unchangedMs(planned: Planned, found: TaggedLease | null): number {
    const nowMs = this.#parts.clock.monotonicMs();
    if (found === null) return 0;
    if (planned.seen?.etag !== found.etag) planned.seen = { etag: found.etag, sinceMs: nowMs };
    return nowMs - planned.seen.sinceMs;
  }

  async #runUnder(run: LeasedRun, planned: Planned): Promise<void> {
    const { metrics, log } = this.#parts;
    planned.run = run;
    const { function: name, cron, scope } = planned.order;
    const scheduledTime = run.timeMs;
    const end = await this.#keptAlive(run, planned, { ...planned.order, scheduledTime, fencing: run.fencing });
    planned.run = undefined;
    metrics.add("schedule_runs_total", end.outcome);
    const isUnbegun = end.outcome === "away" || end.outcome === "refused";
    if (end.outcome !== "ok" && !(isUnbegun && planned.complainedMs === scheduledTime)) {
      const told = { function: name, cron, scope, scheduledTime, fencing: run.fencing, ...end };
      log("warn", "a scheduled run did not end well", told);
    }
    if (isUnbegun) {
      planned.complainedMs = scheduledTime;
      planned.notBeforeMs = this.#parts.clock.monotonicMs() + RETRY_MS;
      await this.#written(() => run.giveBack());
    } else if (end.outcome !== "lost") {
      planned.doneMs = Math.max(planned.doneMs, run.timeMs);
      await this.#written(() => run.end(planned.doneMs));
    }
  }

  /** Repeats what is written at a run's end until the store answers, or the agent stops: else another node would run it again. */
  async #written(write: () => Promise<unknown>): Promise<void> {
    const { signal } = this.#stop;
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(2 * pauseMs, RETRY_MS)) {
      try {
        await write();
        this.#faults.passed("leases");
        return;
      } catch (error) {
        this.#faults.met("leases", "schedules: the end of a run cannot be written; trying again", error);
        if (signal.aborted) return;
      }
      await delay(pauseMs, undefined, { signal }).catch(() => {});
    }
  }

  async #keptAlive(run: LeasedRun, planned: Planned, order: RunOrder): Promise<RunEnd> {
    const give = new AbortController();
    const signal = AbortSignal.any([give.signal, this.#stop.signal]);
    let lost = false;
    const renewal = setInterval(() => {
      run.renew(planned.doneMs).then(
        (isOurs) => {
          if (isOurs) return;
          lost = true;
          give.abort();
        },
        (error) => this.#faults.met("leases", "schedules: a lease cannot be renewed; trying again", error),
      );
    }, RENEW_MS);
    try {
      return await this.#parts.run(order, signal);
    } catch (error) {
      if (lost || this.#stop.signal.aborted) {
        return { outcome: "lost", reason: lost ? "another node has taken it over" : "the agent stopped" };
      }
      if (!(error instanceof RunnerAwayError)) throw error;
      return { outcome: "away", reason: messageOf(error) };
    } finally {
      clearInterval(renewal);
    }
  }

  /** It is due while the one before it still runs. */
  #passOver(planned: Planned, timeMs: number): void {
    const { metrics, log } = this.#parts;
    planned.doneMs = timeMs;
    metrics.add("schedule_skips_total", "overlap");
    const { function: name, cron, scope } = planned.order;
    log("warn", "a scheduled run is passed over: the one before it still runs", {
      function: name,
      cron,
      scope,
      scheduledTime: timeMs,
    });
  }

  /** Times between the last run and this one: nobody was there for them, and only the newest is made up. */
  #countMissed({ order, times }: Planned, fromMs: number, toMs: number): void {
    const missed = times.countBetween(fromMs, toMs, MISSED_MAX);
    if (missed === 0) return;
    const { metrics, log } = this.#parts;
    metrics.add("schedule_skips_total", "missed", missed);
    log("warn", "scheduled runs were missed; the newest is made up", {
      function: order.function,
      cron: order.cron,
      scope: order.scope,
      missed,
    });
  }
}

function plan(name: string, order: Planned["order"]): Planned {
  const times = new CronTimes(order.cron);
  const none = { run: undefined, isBusy: false, seen: undefined, complainedMs: 0 };
  return { order, name, times, timeMs: null, nextMs: 0, doneMs: 0, notBeforeMs: 0, ...none };
}

/** Cron is computed anew when the next time has come, or the clock was set back. */
function advance(planned: Planned, wallMs: number): void {
  const { timeMs, nextMs } = planned;
  if (nextMs === null ? timeMs !== null && wallMs >= timeMs : wallMs < nextMs && (timeMs === null || wallMs >= timeMs))
    return;
  planned.timeMs = planned.times.latest(wallMs);
  planned.nextMs = planned.times.next(wallMs);
  // The clock was wrong, and was set back.
  if (planned.nextMs !== null && planned.doneMs > planned.nextMs) planned.doneMs = 0;
}
