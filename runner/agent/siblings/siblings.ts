import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../../log.ts";
import type { FarmConfig } from "../config.ts";
import { askHaproxy } from "../haproxySocket.ts";
import { LastingFaults } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import { fillPlaces, readPlaces, SHOW_PLACES } from "./places.ts";
import type { Sibling, SiblingList } from "./siblingList.ts";

/** How often HAProxy is compared with the list: it may have been restarted, and has no siblings then. */
const COMPARE_MS = 1_000;
/** Nodes that started together do not ask together: up to this share of a list's time is taken off. */
const JITTER = 0.2;

/** Tells HAProxy who the other nodes of the region are, while it runs. Whatever fails, it keeps those that it has. */
export class Siblings {
  readonly #config: Pick<FarmConfig, "haproxy" | "port">;
  readonly #list: SiblingList;
  readonly #metrics: AgentMetrics;
  readonly #log: Log;
  readonly #faults: LastingFaults;
  /** As they were last read; null before the first time. */
  #siblings: readonly Sibling[] | null = null;
  #dueMs = 0;

  constructor(parts: {
    config: Pick<FarmConfig, "haproxy" | "port">;
    list: SiblingList;
    metrics: AgentMetrics;
    log: Log;
  }) {
    this.#config = parts.config;
    this.#list = parts.list;
    this.#metrics = parts.metrics;
    this.#log = parts.log;
    this.#faults = new LastingFaults(parts.log);
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.keep();
      await delay(COMPARE_MS, null, { signal }).catch(() => {});
    }
  }

  /** Once; never throws. */
  async keep(): Promise<void> {
    await this.#look();
    if (this.#siblings !== null) await this.#tell(this.#siblings);
  }

  async #look(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + this.#list.everyMs * (1 - JITTER * Math.random());
    try {
      this.#siblings = await this.#list.read();
      this.#metrics.set("farm_list_alarm", 0);
      this.#faults.passed("the list of nodes");
    } catch (error) {
      this.#metrics.add("farm_errors_total");
      this.#metrics.set("farm_list_alarm", 1);
      this.#faults.met("the list of nodes", "the other nodes cannot be listed; the last list holds", error);
    }
  }

  async #tell(siblings: readonly Sibling[]): Promise<void> {
    const { haproxy, port } = this.#config;
    try {
      const places = readPlaces(await askHaproxy(haproxy, SHOW_PLACES));
      const commands = fillPlaces(
        places,
        siblings.map(({ address }) => address),
        port,
      );
      for (const command of commands) await this.#order(command);
      this.#metrics.set("farm_siblings", Math.min(siblings.length, places.length));
      this.#faults.passed("the farm");
      if (commands.length === 0) return;
      this.#metrics.add("farm_changes_total");
      this.#log("info", "the farm has changed", { siblings: siblings.map(({ name }) => name) });
    } catch (error) {
      this.#metrics.add("farm_errors_total");
      this.#faults.met("the farm", "HAProxy could not be told of the other nodes; trying again", error);
    }
  }

  async #order(command: string): Promise<void> {
    const said = (await askHaproxy(this.#config.haproxy, command)).trim();
    // It says what it changed, and begins with something else when it did not.
    if (said !== "" && !/^(IP|port|no need|nothing)/i.test(said)) throw new Error(`to "${command}" it said "${said}"`);
  }
}
