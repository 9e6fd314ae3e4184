import { DEFAULT_LIMITS, type LimitName } from "../../limits.ts";
import type { Change, FunctionDiff } from "./tableDiff.ts";

const SIGNS = { added: "+", removed: "-", changed: "~" } as const;
/** What a new function has as every new function does. */
const ORDINARY: Readonly<Record<string, string>> = {
  status: "active",
  split: "none",
  guard: "none",
  isolation: "shared",
  passThrough: "none",
};
/** Names that are told; of more the number. */
const NAMES_MAX = 8;

/** The difference in lines for people: `~ hello`, and below it what changes. Empty where nothing does. */
export function tellDiff(diff: readonly FunctionDiff[]): readonly string[] {
  return diff.flatMap(({ name, kind, changes }) => {
    const told = kind === "added" ? changes.filter((change) => !isOrdinary(change)) : changes;
    const width = Math.max(0, ...told.map(({ what }) => what.length));
    return [`${SIGNS[kind]} ${name}`, ...told.map((change) => `    ${change.what.padEnd(width)}  ${tell(change)}`)];
  });
}

function tell(change: Change): string {
  if ("to" in change) return change.from === "" ? change.to : `${change.from} → ${change.to}`;
  const { what, added, removed, altered } = change;
  // A size that is another one is code that is another one.
  if (what === "code") return [...removed, ...added].join(" → ") || `${altered.join("")}, changed`;
  return [...some("+", added), ...some("-", removed), ...some("~", altered)].join("  ");
}

function some(sign: string, names: readonly string[]): string[] {
  const told = names.slice(0, NAMES_MAX).map((name) => `${sign}${name}`);
  return names.length > NAMES_MAX ? [...told, `${sign}${names.length - NAMES_MAX} more`] : told;
}

function isOrdinary(change: Change): boolean {
  if (!("to" in change)) return change.what === "egress" && change.added[0] === "any public address";
  const [, limit] = /^limits\.(.*)$/.exec(change.what) ?? [];
  if (limit !== undefined) return change.to === `${DEFAULT_LIMITS[limit as LimitName]}`;
  return ["entry", "owner"].includes(change.what) || ORDINARY[change.what] === change.to;
}
