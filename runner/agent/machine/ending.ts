import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import { askHaproxy } from "../haproxySocket.ts";
import { LastingFaults } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { Metadata } from "./metadata.ts";

/** Amazon ends a Spot machine two minutes after it says so. */
const LOOK_MS = 5_000;
/** Makes `/healthz` fail while everything is still served. */
const FAIL_HEALTH = "set server region/runner state maint";

interface Parts {
  /** URL of instance metadata, without a path. */
  readonly metadata: string;
  /** UNIX socket of HAProxy's commands; null where there is none. */
  readonly haproxy: string | null;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/**
 * Looks whether the machine is to end: its group wants it gone, or Amazon takes a Spot machine back. Load balancers are told by the node's health
 * then, again and again, since HAProxy may be restarted; the machine's own unit ends the containers (docs/boot.md).
 */
export class Ending {
  readonly #parts: Parts;
  readonly #metadata: Metadata;
  readonly #faults: LastingFaults;
  #isTold = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#metadata = new Metadata(parts.metadata);
    this.#faults = new LastingFaults(parts.log);
  }

  /** Looks until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await delay(LOOK_MS, null, { signal }).catch(() => {});
    }
  }

  /** Once; never rejected. */
  async look(): Promise<void> {
    const { haproxy, metrics, log } = this.#parts;
    try {
      const why = await this.#why();
      this.#faults.passed("instance metadata");
      metrics.set("machine_ending", why === null ? 0 : 1);
      if (why === null) return;
      if (!this.#isTold) log("info", "this machine is to end; its health fails from now on", { why });
      this.#isTold = true;
      if (haproxy !== null) await askHaproxy(haproxy, FAIL_HEALTH);
    } catch (error) {
      metrics.add("metadata_errors_total");
      this.#faults.met("instance metadata", "it cannot be seen whether this machine is to end; trying again", error);
    }
  }

  async #why(): Promise<string | null> {
    if ((await this.#metadata.get("autoscaling/target-lifecycle-state")) === "Terminated") return "its group ends it";
    const action = await this.#metadata.get("spot/instance-action");
    return action === null ? null : `Amazon takes it back: ${action.slice(0, 200)}`;
  }
}
