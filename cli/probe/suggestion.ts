import { diff } from "node:util";
import type { RegionConfig, RegionName } from "../../components/config/fleetConfig.ts";
import { withSettings } from "../yamlEdit.ts";
import type { RoundTrips } from "./roundTrip.ts";

/** Below this no difference is worth a change: measurements differ as much from each other. */
const NOISE_MS = 5;
const NOISE_SHARE = 0.1;

/**
 * Where the regions that stand in for one are not the nearest first: the order by measured round trips. What differs by no more than noise
 * stays in the order that it has, and regions that did not answer stay last.
 */
export function betterFailover(
  regions: readonly RegionConfig[],
  trips: RoundTrips,
): ReadonlyMap<RegionName, readonly RegionName[]> {
  const better = new Map<RegionName, readonly RegionName[]>();
  for (const { name, failover } of regions) {
    const ms = (other: RegionName) => trips.get(name)?.get(other) ?? Number.POSITIVE_INFINITY;
    const isMisplaced = failover.some((other, index) =>
      failover.slice(index + 1).some((later) => isNearer(ms(later), ms(other))),
    );
    if (isMisplaced)
      better.set(
        name,
        failover.toSorted((a, b) => (ms(a) < ms(b) ? -1 : ms(a) > ms(b) ? 1 : 0)),
      );
  }
  return better;
}

function isNearer(ms: number, than: number): boolean {
  return than - ms > Math.max(NOISE_MS, ms * NOISE_SHARE);
}

/** A stack's file with these orders; every other letter stays. */
export function withFailover(text: string, better: ReadonlyMap<RegionName, readonly RegionName[]>): string {
  const settings = [...better].map(([region, order]) => ({
    path: ["config", "edge-fleet:regions", region, "failover"],
    put: `[${order.join(", ")}]`,
  }));
  return withSettings(text, settings);
}

const CONTEXT_LINES = 3;
/** As `diff` of Node marks lines: of the first list alone, of the second alone. */
const REMOVED = 1;
const ADDED = -1;

/** The change of a file as `git apply` and `patch -p1` read it; empty where there is none. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const rows = diff(linesOf(before), linesOf(after));
  const changed = rows.flatMap(([kind], index) => (kind === 0 ? [] : [index]));
  if (changed.length === 0) return "";
  const hunks: string[] = [];
  for (let at = 0; at < changed.length; ) {
    const start = Math.max(0, (changed[at] as number) - CONTEXT_LINES);
    let end = changed[at] as number;
    while (at < changed.length && (changed[at] as number) - end <= 2 * CONTEXT_LINES) end = changed[at++] as number;
    const hunk = rows.slice(start, end + CONTEXT_LINES + 1);
    const count = (kind: number, within: typeof rows) =>
      within.filter(([found]) => found === 0 || found === kind).length;
    const place = (kind: number) => `${count(kind, rows.slice(0, start)) + 1},${count(kind, hunk)}`;
    hunks.push(
      `@@ -${place(REMOVED)} +${place(ADDED)} @@`,
      ...hunk.map(([kind, line]) => `${kind === REMOVED ? "-" : kind === ADDED ? "+" : " "}${line}`),
    );
  }
  return [`--- a/${file}`, `+++ b/${file}`, ...hunks].join("\n");
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, "").split("\n");
}
