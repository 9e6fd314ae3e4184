import type { ArmCounts, SplitCounts } from "../traffic/armCounts.ts";
import { LATENCY_BOUNDS_MS } from "../traffic/latencyBuckets.ts";
import * as shape from "./shape.ts";
import type { SplitReport } from "./types.ts";

const COUNT = { min: 0, max: Number.MAX_SAFE_INTEGER };
const CONDEMNED_LENGTH_MAX = 1_000;

/** Reports by function. @throws ReleaseError `ERR_RELEASE_SHAPE` naming the key path. */
export function validateSplitReports(value: unknown, at: string): Readonly<Record<string, SplitReport>> {
  const reports = shape.dictionary(value, at);
  for (const [name, report] of Object.entries(reports)) {
    const { at: since, condemned } = shape.dictionary(report, `${at}.${name}`);
    shape.text(since, `${at}.${name}.at`, 40);
    if (condemned !== null) shape.text(condemned, `${at}.${name}.condemned`, CONDEMNED_LENGTH_MAX);
    validateSplitCounts(report, `${at}.${name}`);
  }
  return reports as Readonly<Record<string, SplitReport>>;
}

/** @throws ReleaseError as {@link validateSplitReports} */
export function validateSplitCounts(value: unknown, at: string): SplitCounts {
  const { versions, stable, candidate } = shape.dictionary(value, at);
  const named = shape.dictionary(versions, `${at}.versions`);
  for (const arm of ["stable", "candidate"] as const) shape.text(named[arm], `${at}.versions.${arm}`, 64);
  validateCounts(stable, `${at}.stable`);
  validateCounts(candidate, `${at}.candidate`);
  return value as SplitCounts;
}

function validateCounts(value: unknown, at: string): ArmCounts {
  const { requests, failures, latencies } = shape.dictionary(value, at);
  shape.integer(requests, `${at}.requests`, COUNT);
  shape.integer(failures, `${at}.failures`, COUNT);
  const buckets = LATENCY_BOUNDS_MS.length + 1;
  const counts = shape.list(latencies, `${at}.latencies`, buckets, (count, where) =>
    shape.integer(count, where, COUNT),
  );
  if (counts.length !== buckets) shape.wrong(`${at}.latencies`, counts.length, `${buckets} counts`);
  return value as ArmCounts;
}
