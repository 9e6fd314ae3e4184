import type { CaseResult } from "./expectations.ts";

export interface Rate {
  readonly interface: string;
  readonly cases: number;
  readonly passed: number;
  /** Failures that have a reason in the expectations file. */
  readonly expectedFailures: number;
  /** Of cases, per cent. */
  readonly passRate: number;
}

export function rateOf(api: string, results: readonly CaseResult[], expected: ReadonlyMap<string, string>): Rate {
  // A case about something optional that is not there counts neither way.
  const cases = results.filter(({ status }) => status !== "PRECONDITION_FAILED");
  const passed = cases.filter(({ status }) => status === "PASS").length;
  return {
    interface: api,
    cases: cases.length,
    passed,
    expectedFailures: cases.filter(({ name, status }) => status !== "PASS" && expected.has(name)).length,
    passRate: cases.length === 0 ? 0 : Math.floor((passed / cases.length) * 10_000) / 100,
  };
}

export function total(rates: readonly Rate[]): Rate {
  const sum = (of: (rate: Rate) => number) => rates.reduce((all, rate) => all + of(rate), 0);
  const cases = sum((rate) => rate.cases);
  const passed = sum((rate) => rate.passed);
  return {
    interface: "all",
    cases,
    passed,
    expectedFailures: sum((rate) => rate.expectedFailures),
    passRate: cases === 0 ? 0 : Math.floor((passed / cases) * 10_000) / 100,
  };
}

/** The rates as a table for people. */
export function table(rates: readonly Rate[]): string {
  const rows = [...rates, total(rates)].map((rate) => [
    rate.interface,
    `${rate.cases}`,
    `${rate.passed}`,
    `${rate.expectedFailures}`,
    `${rate.passRate.toFixed(2)} %`,
  ]);
  const all = [["interface", "cases", "passed", "expected failures", "rate"], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] as string).length))) ?? [];
  return all
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}
