import type { Failure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { CallCost, Frame, LimitEvent, LogLine, WorkerStats } from "../protocol/messages.ts";
import { isBelievable } from "./believable.ts";
import type { CodeCaches } from "./code/codeCaches.ts";
import type { Deployment } from "./deployment.ts";
import type { FunctionMetrics } from "./functionMetrics.ts";
import { limitFired } from "./limitFired.ts";
import type { Metrics } from "./metrics.ts";
import { type StackMapper, splitStack } from "./stackMapper.ts";
import { traceIds } from "./traceContext.ts";

interface ReportsParts {
  readonly metrics: Metrics;
  readonly log: Log;
  readonly deploymentOf: (key: number) => Pick<Deployment, "manifest" | "sourceMaps" | "soleModule"> | undefined;
  readonly stacks: StackMapper;
  readonly code: Pick<CodeCaches, "heard">;
}

/** What workers say of themselves and of their functions, as metrics and log lines. */
export class WorkerReports {
  readonly #parts: ReportsParts;

  constructor(parts: ReportsParts) {
    this.#parts = parts;
  }

  hear(slot: number, frame: Frame): void {
    if (!isBelievable(frame)) {
      this.#parts.log("warn", "a worker's report is none of ours and was dropped", { slot, kind: frame.kind });
      return;
    }
    switch (frame.kind) {
      case "log":
        this.#log(frame.meta);
        break;
      case "limit":
        this.#limit(frame.meta);
        break;
      case "isolateStarted":
        this.#metricsOf(frame.meta.key)?.coldStart(frame.meta.after);
        break;
      case "isolateEnded":
        this.#metricsOf(frame.meta.key)?.add("edge_runner_isolate_exits_total", { cause: frame.meta.exit });
        break;
      case "over":
        this.#over(frame.meta);
        break;
      case "answer":
        if (frame.meta.cost !== undefined) this.#over(frame.meta.cost);
        break;
      case "codeTaken": {
        const { key, isTaken } = frame.meta;
        void this.#parts.code.heard(this.#parts.deploymentOf(key)?.soleModule, isTaken);
        break;
      }
      case "retiring":
        this.#retiring(slot, frame.meta);
        break;
      case "stats":
        this.#stats(slot, frame.meta);
        break;
    }
  }

  /** A request failed whose client had gone meanwhile: nobody is answered, but its limit counts. */
  failedUnheard({ manifest }: Pick<Deployment, "manifest">, { limit, value = 0, used = 0 }: Failure): void {
    if (limit !== undefined) limitFired(this.#parts, manifest, { limit, value, used, requestId: "", traceparent: "" });
  }

  #over(cost: CallCost): void {
    this.#metricsOf(cost.key)?.over(cost);
  }

  #log({ key, level, text, requestId, traceparent }: LogLine): void {
    const deployment = this.#parts.deploymentOf(key);
    const write = (mapped: string, late?: { readonly time: string }) => {
      const { message, ...stack } = splitStack(mapped);
      this.#parts.log(level, message, {
        function: deployment?.manifest.name,
        version: deployment?.manifest.version,
        requestId,
        ...traceIds(traceparent),
        ...stack,
        ...late,
      });
    };
    const mapped = deployment === undefined ? text : this.#parts.stacks.map(text, deployment.sourceMaps);
    if (typeof mapped === "string") write(mapped);
    else {
      const time = new Date().toISOString();
      void mapped.then((later) => write(later, { time }));
    }
  }

  #limit({ key, ...event }: LimitEvent): void {
    const deployment = this.#parts.deploymentOf(key);
    if (deployment !== undefined) limitFired(this.#parts, deployment.manifest, event);
  }

  #retiring(slot: number, { key, reason }: { readonly key: number; readonly reason: string }): void {
    const accused = this.#parts.deploymentOf(key)?.manifest;
    this.#parts.log("warn", "a worker runs code that cannot be stopped and is being replaced", {
      slot,
      reason,
      ...(accused && { function: accused.name, version: accused.version }),
    });
  }

  #stats(slot: number, { isolates, spare, rssBytes, heapPeaks }: WorkerStats): void {
    const { metrics } = this.#parts;
    metrics.set("edge_runner_isolates", { slot, state: "live" }, isolates);
    metrics.set("edge_runner_isolates", { slot, state: "spare" }, spare);
    metrics.set("edge_runner_worker_rss_bytes", { slot }, rssBytes);
    for (const [key, bytes] of heapPeaks) this.#metricsOf(key)?.heapPeak(bytes);
  }

  #metricsOf(key: number): FunctionMetrics | undefined {
    const manifest = this.#parts.deploymentOf(key)?.manifest;
    return manifest && this.#parts.metrics.of(manifest);
  }
}
