import { randomUUID } from "node:crypto";
import type { EdgeInfo } from "../contract.ts";
import { ERRORS, type Failure, limitFailure } from "../errors.ts";
import type { Log } from "../log.ts";
import type { BodyFrame, RequestHead } from "../protocol/messages.ts";
import { type RunOrder, type RunVerdict, SCHEDULE_SCOPES } from "../schedules/schedule.ts";
import type { Caller, Outcome, RunningCall } from "./call.ts";
import type { Deployment } from "./deployment.ts";
import { limitFired } from "./limitFired.ts";
import type { Metrics } from "./metrics.ts";
import type { Releases } from "./releases.ts";
import { traceHeaders, traceOf, traceparentOf } from "./traceContext.ts";
import type { WorkerPool } from "./workerPool.ts";

interface ScheduledRunsParts {
  readonly region: string;
  readonly releases: Pick<Releases, "active">;
  readonly pool: Pick<WorkerPool, "run" | "healths">;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Runs of `scheduled` handlers, as the agent orders them: calls like any other, with nobody's request. */
export class ScheduledRuns {
  readonly #parts: ScheduledRunsParts;

  constructor(parts: ScheduledRunsParts) {
    this.#parts = parts;
  }

  /** Runs a handler to its end. @param signal ends it sooner */
  async run(order: RunOrder, signal: AbortSignal): Promise<RunVerdict> {
    const { releases, pool, metrics, log } = this.#parts;
    const deployment = releases.active?.deployments.get(order.function);
    const declared = deployment?.manifest.schedules.some(
      ({ cron, scope }) => cron === order.cron && scope === order.scope,
    );
    if (deployment === undefined || !declared) {
      return { outcome: "refused", reason: "the node serves no such function, or not with this schedule" };
    }
    const refusal = pool.healths.refusal(deployment);
    if (refusal !== undefined) return { outcome: "refused", reason: ERRORS[refusal.code].gloss };
    const { name, version } = deployment.manifest;
    const own = metrics.of(deployment.manifest);
    const startedMs = performance.now();
    own.observe("edge_runner_scheduled_lag_seconds", {}, Math.max(0, Date.now() - order.scheduledTime) / 1_000);
    const { head, trace } = this.#head(order);
    const failure = await this.#called(deployment, head, signal);
    const tookMs = Math.round(performance.now() - startedMs);
    const outcome = failure === undefined ? "ok" : "failed";
    own.add("edge_runner_scheduled_runs_total", { outcome });
    const { cron, scope, scheduledTime, fencing } = order;
    const { requestId } = head.edge;
    const scoped = { function: name, version, requestId, traceId: trace.traceId, spanId: trace.spanId };
    const reason = failure && describe(failure);
    const told = { ...scoped, cron, scope, scheduledTime, fencing, outcome, tookMs, ...(reason && { reason }) };
    log(failure === undefined ? "info" : "warn", "a scheduled run ended", told);
    if (failure !== undefined) {
      own.add("edge_runner_errors_total", { code: failure.code });
      const { limit, value = 0, used = 0 } = failure;
      const fired = { requestId, traceparent: traceparentOf(trace), value, used };
      if (limit !== undefined) limitFired({ metrics, log }, deployment.manifest, { ...fired, limit });
    }
    return reason === undefined ? { outcome } : { outcome, reason };
  }

  #head({ function: name, cron, scope, scheduledTime, fencing }: RunOrder) {
    const trace = traceOf({});
    const { region } = this.#parts;
    const edge: EdgeInfo = { region, country: "XX", clientIp: "", tls: "", http: "", requestId: randomUUID() };
    const scheduled = { cron, scope, scheduledTime, fencing };
    const url = `https://${name}.invalid/`;
    // Like a POST it is not run again once it has begun.
    const head: RequestHead = { method: "POST", url, headers: traceHeaders(trace), edge, scheduled };
    return { head, trace };
  }

  /** @returns why the handler did not come to its end; undefined when it did */
  #called(deployment: Deployment, head: RequestHead, signal: AbortSignal): Promise<Failure | undefined> {
    const { limits } = deployment.manifest;
    const { promise, resolve } = Promise.withResolvers<Failure | undefined>();
    const caller: Caller = {
      settle: (outcome: Outcome) => resolve(outcome.kind === "failed" ? outcome.failure : undefined),
      begun: () => {},
      hearBody: (_: BodyFrame) => {},
    };
    const arrivedMs = performance.now();
    const family = { functionCalls: 0 };
    const run = this.#parts.pool.run({
      deployment,
      head,
      body: Buffer.alloc(0),
      streams: false,
      caller,
      arrivedMs,
      family,
    });
    if ("code" in run) return Promise.resolve(run);
    return ended(promise, run, {
      late: setTimeout(
        () => resolve(limitFailure("scheduledWallMs", limits, performance.now() - arrivedMs)),
        limits.scheduledWallMs,
      ),
      stop: () => resolve({ code: "ERR_FUNCTION_THREW", detail: "The agent has given the run up." }),
      signal,
    });
  }
}

async function ended(
  settled: Promise<Failure | undefined>,
  run: RunningCall,
  { late, stop, signal }: { readonly late: NodeJS.Timeout; readonly stop: () => void; readonly signal: AbortSignal },
): Promise<Failure | undefined> {
  signal.addEventListener("abort", stop);
  try {
    return await settled;
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
    run.cancel();
  }
}

function describe({ code, limit, value, used, detail }: Failure): string {
  const figures = limit === undefined ? "" : ` ${limit}: ${used} of ${value}.`;
  return `${code}: ${ERRORS[code].gloss}${figures}${detail === undefined ? "" : ` ${detail}`}`;
}

/** An order as the control socket was given it, or undefined when it is something else. */
export function parseRunOrder(value: unknown): RunOrder | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { function: name, cron, scope, scheduledTime, fencing } = value as Record<string, unknown>;
  const known = SCHEDULE_SCOPES.find((one) => one === scope);
  if (typeof name !== "string" || typeof cron !== "string" || known === undefined) return undefined;
  if (!Number.isSafeInteger(scheduledTime) || !Number.isSafeInteger(fencing)) return undefined;
  return { function: name, cron, scope: known, scheduledTime: scheduledTime as number, fencing: fencing as number };
}
