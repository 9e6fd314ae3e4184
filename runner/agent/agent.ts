import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import { REASON_LENGTH_MAX } from "../release/ack.ts";
import { canonicalJson } from "../release/canonicalJson.ts";
import type { ReleaseVerdict } from "../release/control.ts";
import { ReleaseError } from "../release/errors.ts";
import { stableManifests } from "../release/releasedFunction.ts";
import { requireSignature } from "../release/signature.ts";
import type { ReleaseStore } from "../release/store.ts";
import type { Ack, Current, Release } from "../release/types.ts";
import type { AgentConfig } from "./config.ts";
import type { ControlReplay } from "./controlReplay.ts";
import { backOffMs, decide, type Refusal, samePointer } from "./decision.ts";
import { LastingFaults, messageOf } from "./lastingFaults.ts";
import type { LocalReleases } from "./localReleases.ts";
import type { AgentMetrics } from "./metrics.ts";
import type { Pointer } from "./pointer.ts";
import { codeOf, refusalReason, refusedNow } from "./reasons.ts";
import { RunnerAwayError, type RunnerControl } from "./runnerControl.ts";
import type { Scheduler } from "./schedules/scheduler.ts";
import type { SecretKeeper } from "./secrets/keeper.ts";
import type { Traffic } from "./traffic/traffic.ts";
import type { TrustedKeys } from "./trustedKeys.ts";

/** How often the runner is asked what it serves: it may have been restarted. */
const RUNNER_CHECK_MS = 5_000;
const REFUSAL_RETRY = { firstMs: 1_000, mostMs: 30_000 };
const RUNNER_RETRY = { firstMs: 100, mostMs: 2_000 };
const ACK_RETRY_MS = 1_000;
/** Share by which each wait differs from `pollMs`: nodes that began together do not stay together. */
const JITTER = 0.2;

export interface AgentParts {
  readonly config: AgentConfig;
  readonly store: ReleaseStore;
  readonly pointer: Pointer;
  readonly control: ControlReplay;
  readonly trusted: TrustedKeys;
  readonly local: LocalReleases;
  readonly runner: RunnerControl;
  readonly scheduler: Scheduler;
  readonly traffic: Traffic;
  /** Null where secrets are not the agent's. */
  readonly secrets: SecretKeeper | null;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/** Keeps a node on the release that the store's pointer names. Whatever fails, the runner keeps what it has. */
export class Agent {
  readonly #parts: AgentParts;
  /** What the runner accepted last; the generation never goes back. */
  #served: Current | null = null;
  #whole = true;
  #refusal: Refusal | null = null;
  #functions: Ack["functions"] | null = null;
  #ackDue = false;
  #runnerFailures = 0;
  /** Times on the monotonic clock before which there is nothing to do. */
  readonly #notBefore = { runnerCheck: 0, apply: 0, ack: 0 };
  readonly #faults: LastingFaults;

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#faults = new LastingFaults(parts.log);
  }

  /** Finds out what the node serves, and does what it missed of the control log. */
  async open(): Promise<void> {
    await this.#readLocal();
    if (await this.#parts.control.open()) this.#ackDue = true;
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const steps = [this.#look, this.#replay, this.#follow, this.#checkRunner, this.#acknowledge];
    while (!signal.aborted) {
      for (const step of steps) if (!signal.aborted) await step.call(this);
      await this.#parts.traffic.tick();
      this.#parts.scheduler.tick();
      const waitMs = this.#parts.config.pollMs * (1 - JITTER + 2 * JITTER * Math.random());
      await delay(waitMs, null, { signal }).catch(() => {});
    }
    await this.#parts.scheduler.stop();
  }

  async #readLocal(): Promise<void> {
    const { local, log } = this.#parts;
    try {
      await local.open();
      this.#served = await local.readActive();
      if (this.#served !== null) {
        const release = await local.readWhole(this.#served);
        this.#whole = release !== null;
        if (release !== null) await this.#serve(release);
        if (!this.#whole)
          log("error", "the node's copy of its release is damaged; it is fetched again", { ...this.#served });
      }
    } catch (error) {
      log("error", "the node's own releases cannot be read; starting as a new node", { error: messageOf(error) });
    }
    this.#report();
  }

  async #look(): Promise<void> {
    const { pointer, trusted } = this.#parts;
    trusted.look();
    const before = pointer.newer?.generation;
    await pointer.look();
    if (pointer.newer?.generation === before) return;
    this.#ackDue = true;
    this.#notBefore.ack = 0;
  }

  async #replay(): Promise<void> {
    if (await this.#parts.control.step()) this.#ackDue = true;
  }

  async #follow(): Promise<void> {
    const pointer = this.#parts.pointer.current;
    const nowMs = performance.now();
    const decision = decide({ served: this.#served, whole: this.#whole, pointer, refusal: this.#refusal, nowMs });
    if (decision === "idle" && this.#refusal !== null && pointer !== null && this.#served !== null) {
      if (samePointer(pointer, this.#served)) this.#settle();
    }
    if (pointer === null || decision === "idle" || nowMs < this.#notBefore.apply) return;
    if (decision === "replayed") {
      const what = `generation ${pointer.generation} came after ${this.#served?.generation}; deploy again to go back`;
      return this.#refuse(pointer, new ReleaseError("ERR_RELEASE_REPLAYED", "current", what));
    }
    try {
      requireSignature(pointer, { keys: this.#parts.trusted.keys, where: "current" });
      const release = await this.#parts.local.install(pointer, this.#parts.store, this.#served);
      await this.#parts.secrets?.bring(release.functions);
      const verdict = await this.#order(pointer);
      if (verdict?.status === "refused") {
        this.#functions = verdict.functions;
        const error = new ReleaseError("ERR_RELEASE_RUNNER", `release ${pointer.release}`, refusalReason(verdict));
        return this.#refuse(pointer, error);
      }
      if (verdict !== null) await this.#accepted(pointer, release, verdict);
    } catch (error) {
      this.#refuse(pointer, error);
    }
  }

  /** Null while the runner is away. */
  async #order(pointer: Current): Promise<ReleaseVerdict | null> {
    const { runner, metrics } = this.#parts;
    try {
      const verdict = await runner.serve({ release: pointer.release, generation: pointer.generation });
      this.#runnerFailures = 0;
      this.#faults.passed("runner");
      return verdict;
    } catch (error) {
      if (!(error instanceof RunnerAwayError)) throw error;
      metrics.add("runner_errors_total");
      this.#notBefore.apply = performance.now() + backOffMs(this.#runnerFailures++, RUNNER_RETRY);
      this.#faults.met("runner", "the runner does not answer; trying again", error);
      return null;
    }
  }

  async #serve({ functions }: Release): Promise<void> {
    this.#parts.secrets?.serve(functions);
    await this.#parts.traffic.serve(functions);
    this.#parts.scheduler.serve(stableManifests(functions));
  }

  async #accepted(pointer: Current, release: Release, verdict: ReleaseVerdict): Promise<void> {
    const { local, metrics, log } = this.#parts;
    this.#served = pointer;
    this.#whole = true;
    await this.#serve(release);
    this.#functions = verdict.functions;
    this.#settle();
    this.#notBefore.runnerCheck = performance.now() + RUNNER_CHECK_MS;
    metrics.add("applied_total");
    metrics.set("last_applied_timestamp_seconds", Date.now() / 1000);
    this.#report();
    const { generation } = pointer;
    log("info", "release active", { generation, release: pointer.release, functions: release.functions.length });
    try {
      await local.writeActive(pointer);
      this.#faults.passed("local");
    } catch (error) {
      // The runner serves it; only the next boot would start from an older one, and catch up from the store.
      this.#faults.met("local", "the active release could not be noted on disk", error);
    }
    await this.#acknowledge();
    await local
      .removeOld(pointer)
      .catch((error) => this.#faults.met("local", "old releases could not be removed", error));
  }

  #refuse(pointer: Current, error: unknown): void {
    const { metrics, log } = this.#parts;
    const code = codeOf(error);
    const reason = messageOf(error).slice(0, REASON_LENGTH_MAX);
    const again = this.#refusal !== null && samePointer(this.#refusal.pointer, pointer) ? this.#refusal : null;
    const attempts = (again?.attempts ?? 0) + 1;
    // A replay stays one and the runner's verdict stands; a damaged or missing file may yet arrive.
    const isFinal = code === "ERR_RELEASE_REPLAYED" || code === "ERR_RELEASE_RUNNER";
    const retryAtMs = isFinal ? Number.POSITIVE_INFINITY : performance.now() + backOffMs(attempts - 1, REFUSAL_RETRY);
    this.#refusal = { pointer, code, reason, retryAtMs, attempts };
    if (again?.code === code) return;
    metrics.add("refusals_total", code);
    log("error", "release refused", { generation: pointer.generation, release: pointer.release, code, reason });
    this.#ackDue = true;
    this.#notBefore.ack = 0;
  }

  /** A runner that serves something else than it should, after a restart for instance, is told again. */
  async #checkRunner(): Promise<void> {
    const { runner, metrics } = this.#parts;
    const served = this.#served;
    const nowMs = performance.now();
    if (served === null || nowMs < this.#notBefore.runnerCheck) return;
    this.#notBefore.runnerCheck = nowMs + RUNNER_CHECK_MS;
    try {
      const active = await runner.active();
      this.#runnerFailures = 0;
      this.#faults.passed("runner");
      // Ahead of us: it took a release, and we died before we noted that. The store's pointer leads us there too.
      if ((active.generation ?? 0) > served.generation) return;
      if (active.generation === served.generation && active.release === served.release) {
        // Secrets come and change without a release.
        if (canonicalJson(active.functions) !== canonicalJson(this.#functions)) {
          this.#functions = active.functions;
          this.#ackDue = true;
        }
        return;
      }
      await this.#orderAgain(served, active.release);
    } catch (error) {
      if (error instanceof RunnerAwayError) {
        metrics.add("runner_errors_total");
        this.#notBefore.runnerCheck = performance.now() + backOffMs(this.#runnerFailures++, RUNNER_RETRY);
      }
      this.#faults.met("runner", "the runner could not be checked; trying again", error);
    }
  }

  async #orderAgain(served: Current, found: number | null): Promise<void> {
    const { local, store, metrics, log } = this.#parts;
    log("info", "the runner serves another release than it should", { wanted: served, found });
    await local.install(served, store, null);
    const verdict = await this.#order(served);
    if (verdict?.status === "active") {
      this.#functions = verdict.functions;
      this.#ackDue = true;
      log("info", "release active again", { generation: served.generation, release: served.release });
    } else if (verdict !== null) {
      const error = new Error(refusalReason(verdict));
      if (this.#faults.met("again", "the runner now refuses the release it served", error)) {
        metrics.add("refusals_total", "ERR_RELEASE_RUNNER");
      }
    }
  }

  async #acknowledge(): Promise<void> {
    const { config, store, metrics, traffic } = this.#parts;
    if (!(this.#ackDue || traffic.isReportDue) || performance.now() < this.#notBefore.ack) return;
    const splits = traffic.takeReport();
    const ack: Ack = {
      node: config.node,
      region: config.region,
      generation: this.#served?.generation ?? null,
      release: this.#served?.release ?? null,
      at: new Date().toISOString(),
      functions: this.#functions ?? {},
      control: this.#parts.control.last,
      ...(splits && { splits }),
      refused: refusedNow(this.#parts.pointer, this.#refusal),
    };
    try {
      await store.writeAck(ack);
      this.#ackDue = false;
      this.#faults.passed("ack");
    } catch (error) {
      metrics.add("store_errors_total");
      this.#notBefore.ack = performance.now() + ACK_RETRY_MS;
      this.#faults.met("ack", "the acknowledgement cannot be written; trying again", error);
    }
  }

  /** The node serves what the pointer names. */
  #settle(): void {
    this.#refusal = null;
    this.#ackDue = true;
    this.#notBefore.ack = 0;
  }

  #report(): void {
    this.#parts.metrics.set("generation", this.#served?.generation ?? 0);
    this.#parts.metrics.set("release", this.#served?.release ?? 0);
  }
}
