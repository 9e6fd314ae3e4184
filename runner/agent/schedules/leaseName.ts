import { sha256Hex } from "../../release/manifest.ts";
import type { Schedule } from "../../schedules/schedule.ts";

/** The lease of a function's schedule: one in the fleet, in each region, or on each node. Another cron is another schedule. */
export function leaseName(
  name: string,
  { cron, scope }: Schedule,
  place: { readonly node: string; readonly region: string },
): string {
  const where = { fleet: "", region: `.${place.region}`, node: `.${place.node}` }[scope];
  return `${name}.${scope}${where}.${sha256Hex(cron).slice(0, 8)}`;
}
