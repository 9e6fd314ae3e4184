const BARS = "▁▂▃▄▅▆▇█";

/** A bar for each value, the largest at full height; nothing but the lowest bar where all are 0. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values
    .map((value) => BARS[most === 0 ? 0 : Math.min(BARS.length - 1, Math.round((value / most) * (BARS.length - 1)))])
    .join("");
}
