import type { LeaseStore } from "../../release/leases.ts";
import type { FunctionManifest } from "../../release/types.ts";
import { leaseName } from "./leaseName.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
/** How often a node looks for leases that nobody needs any more, ms. */
export const SWEEP_MS = DAY_MS;
/** How long after its newest time the lease of a schedule stays that is in no release any more, ms: a function that comes back goes on with its fencing numbers. */
export const KEPT_MS = 30 * DAY_MS;

/** Removes the leases of schedules that no function of the release has. @returns how many. @throws ReleaseError */
export async function removeOldLeases(
  leases: LeaseStore,
  { functions, node, nowMs }: { functions: readonly FunctionManifest[]; node: string; nowMs: number },
): Promise<number> {
  const isNeeded = needed(functions, node);
  let removed = 0;
  for (const name of await leases.listLeases()) {
    if (isNeeded(name)) continue;
    const found = await leases.readLease(name);
    if (found === null || found.lease.timeMs > nowMs - KEPT_MS) continue;
    if (await leases.removeLease(name, found.etag)) removed++;
  }
  return removed;
}

/** Whether a lease is of a schedule in the release: of any region, whose names a node need not know. */
function needed(functions: readonly FunctionManifest[], node: string): (name: string) => boolean {
  const whole = new Set<string>();
  const ofRegions: (readonly [start: string, end: string])[] = [];
  for (const { name, schedules } of functions) {
    for (const schedule of schedules) {
      const lease = leaseName(name, schedule, { node, region: "\n" });
      const [start = "", end] = lease.split("\n");
      if (end === undefined) whole.add(start);
      else ofRegions.push([start, end]);
    }
  }
  return (lease) =>
    whole.has(lease) || ofRegions.some(([start, end]) => lease.startsWith(start) && lease.endsWith(end));
}
