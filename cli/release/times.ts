const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** `3 minutes ago`; the clock of who wrote `at` may be ahead, which is `just now`. */
export function ago(at: string, nowMs = Date.now()): string {
  const pastMs = nowMs - Date.parse(at);
  const [unit, unitMs] = UNITS.find(([, ms]) => pastMs >= ms) ?? [];
  if (unit === undefined) return "just now";
  const count = Math.floor(pastMs / unitMs);
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
