import { setTimeout as delay } from "node:timers/promises";
import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type { Log } from "../../log.ts";
import { askHaproxy } from "../haproxySocket.ts";
import { LastingFaults } from "../lastingFaults.ts";
import type { AgentMetrics } from "../metrics.ts";
import type { MachineConfig } from "./config.ts";
import { PUBLISHED } from "./publishedMetrics.ts";

/** A node's calls are 44 cents a month: $0.01 for each 1,000 (https://aws.amazon.com/cloudwatch/pricing/). */
const EVERY_MS = 60_000;
/** All attempts of a call included, ms. */
const CALL_MS = 10_000;
const DAY_MS = 86_400_000;

interface Parts {
  readonly machine: MachineConfig;
  /** UNIX socket of HAProxy's commands; null where no HAProxy takes clients' requests. */
  readonly haproxy: string | null;
  /** When the first of the node's certificates ends, Unix time in ms; null while there is none. */
  readonly certificateEnd: () => number | null;
  readonly metrics: AgentMetrics;
  readonly log: Log;
}

/** Tells CloudWatch what a group scales by and what a region's alarms watch. */
export class Publisher {
  readonly #parts: Parts;
  readonly #client: CloudWatchClient;
  readonly #faults: LastingFaults;
  #before: { readonly requests: number; readonly ms: number } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { region, endpoint } = parts.machine;
    this.#client = new CloudWatchClient({ region, ...(endpoint !== null && { endpoint }), maxAttempts: 3 });
    this.#faults = new LastingFaults(parts.log);
  }

  /** Every minute until `signal` aborts; nodes that started together begin apart. */
  async run(signal: AbortSignal): Promise<void> {
    await delay(EVERY_MS * Math.random(), null, { signal }).catch(() => {});
    while (!signal.aborted) {
      await this.publish();
      await delay(EVERY_MS, null, { signal }).catch(() => {});
    }
  }

  /** Once; never rejected. */
  async publish(): Promise<void> {
    const { machine, metrics } = this.#parts;
    try {
      const data = await this.#data();
      if (data.length > 0) {
        const Dimensions = [{ Name: PUBLISHED.dimension, Value: machine.group }];
        const Timestamp = new Date();
        await this.#client.send(
          new PutMetricDataCommand({
            Namespace: PUBLISHED.namespace,
            MetricData: data.map((one) => ({ ...one, Dimensions, Timestamp })),
          }),
          { abortSignal: AbortSignal.timeout(CALL_MS) },
        );
      }
      this.#faults.passed("CloudWatch");
    } catch (error) {
      metrics.add("publish_errors_total");
      this.#faults.met("CloudWatch", "the node's figures cannot be published; trying again", error);
    }
  }

  async #data(): Promise<MetricDatum[]> {
    const { haproxy, certificateEnd } = this.#parts;
    const rate = haproxy === null ? null : await this.#rate(haproxy);
    const endMs = certificateEnd();
    return [
      ...(rate === null ? [] : [{ MetricName: PUBLISHED.requests, Value: rate, Unit: "Count/Second" as const }]),
      ...(endMs === null ? [] : [{ MetricName: PUBLISHED.certificateDays, Value: (endMs - Date.now()) / DAY_MS }]),
    ];
  }

  /** Since the time before; null the first time, and after HAProxy began to count anew. */
  async #rate(haproxy: string): Promise<number | null> {
    const now = { requests: requestsOf(await askHaproxy(haproxy, "show stat https 1 -1")), ms: performance.now() };
    const before = this.#before;
    this.#before = now;
    if (before === null || now.requests < before.requests) return null;
    return ((now.requests - before.requests) * 1_000) / (now.ms - before.ms);
  }
}

/** Requests that the door has taken, as HAProxy's table of frontends has them. @throws Error when it is none. */
function requestsOf(csv: string): number {
  const [header = "", row = ""] = csv.replace(/^# /, "").split("\n");
  const value = row.split(",")[header.split(",").indexOf("req_tot")];
  if (value === undefined || !/^\d+$/.test(value)) throw new Error(`HAProxy told no requests: ${csv.slice(0, 200)}`);
  return Number(value);
}
