import type { ApplicationName } from "./application.ts";
import type { Results } from "./report.ts";
import { medianOf, pairedRatio } from "./statistics.ts";

/** A promise and what a run saw of it. */
export interface Outcome {
  readonly what: string;
  readonly target: string;
  readonly seen: string;
  readonly isMet: boolean;
}

/** What the runner is to reach, where the run has measured it. */
export function targets(results: Results): Outcome[] {
  const { warmRatio } = results;
  return [
    ...atMost("cold start, tiny", coldMs(results, "tiny"), 0.5, "ms"),
    ...atMost("cold start, medium", coldMs(results, "medium"), 9, "ms"),
    ...atLeast("cold start, tiny, to workerd's loader", coldRatio(results, "tiny"), 15),
    ...atLeast("cold start, medium, to workerd's loader", coldRatio(results, "medium"), 2.5),
    ...atLeast("throughput, tiny, to workerd", rateRatio(results, "tiny", 1, "workerd"), 2.5),
    ...atLeast("throughput, tiny, 50 tenants, to workerd", rateRatio(results, "tiny", 50, "workerd"), 2.5),
    ...atLeast("throughput, medium, 50 tenants, to workerd", rateRatio(results, "medium", 50, "workerd"), 1.5),
    ...atLeast("throughput, tiny, to node:http", rateRatio(results, "tiny", 1, "node:http"), 0.6),
    ...atMost("idle isolate, tiny, to workerd's", memoryRatio(results, "tiny"), 1, "×"),
    ...atMost("idle isolate, medium, to workerd's", memoryRatio(results, "medium"), 1, "×"),
    ...atLeast("warm ratio", warmRatio && warmRatio.ratio * 100, 95, "%"),
  ];
}

function atMost(what: string, seen: number | undefined, limit: number, unit: string): Outcome[] {
  if (seen === undefined) return [];
  return [{ what, target: `≤ ${limit} ${unit}`, seen: `${seen.toFixed(2)} ${unit}`, isMet: seen <= limit }];
}

function atLeast(what: string, seen: number | undefined, limit: number, unit = "×"): Outcome[] {
  if (seen === undefined) return [];
  return [{ what, target: `≥ ${limit} ${unit}`, seen: `${seen.toFixed(2)} ${unit}`, isMet: seen >= limit }];
}

function coldMs({ coldStarts }: Results, application: ApplicationName): number | undefined {
  const ours = coldStarts.find((one) => one.candidate === "edge-fleet" && one.application === application);
  return ours && medianOf(ours.overWarmMs);
}

function coldRatio({ coldStarts }: Results, application: ApplicationName): number | undefined {
  const of = (name: string) => coldStarts.find((one) => one.candidate === name && one.application === application);
  const [ours, theirs] = [of("edge-fleet"), of("workerd-loader")];
  return ours && theirs && pairedRatio(theirs.overWarmMs, ours.overWarmMs);
}

function rateRatio(
  { throughput }: Results,
  application: ApplicationName,
  tenants: number,
  candidate: string,
): number | undefined {
  const of = (name: string) =>
    throughput.find((one) => {
      const isScenario = one.application === application && one.tenants === tenants && one.connections === "reused";
      return isScenario && one.candidate === name;
    });
  const [ours, theirs] = [of("edge-fleet"), of(candidate)];
  return ours && theirs && pairedRatio(ours.perSecond, theirs.perSecond);
}

function memoryRatio({ memory }: Results, application: ApplicationName): number | undefined {
  const of = (name: string) => memory.find((one) => one.candidate === name && one.application === application);
  const [ours, theirs] = [of("edge-fleet"), of("workerd-loader")];
  return ours && theirs && medianOf(ours.megabytes) / medianOf(theirs.megabytes);
}
