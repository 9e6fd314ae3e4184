import { LOG_LEVELS, LOG_LINE_CHARS_MAX, LOG_LINES_MAX, TO_HOST } from "../worker/isolatePort.ts";
import { callNow, host } from "./host.ts";
import { jsonStringify } from "./primordials.ts";

type Level = (typeof LOG_LEVELS)[number];

const linesByCall = new Map<number, number>();

/** Writes to the function's log. A request has so many lines; what comes after them is dropped. */
export function logLine(level: Level, text: string): void {
  const call = callNow();
  const lines = (linesByCall.get(call) ?? 0) + 1;
  linesByCall.set(call, lines);
  if (lines > LOG_LINES_MAX) return;
  const last = lines === LOG_LINES_MAX ? " (later lines of this request are dropped)" : "";
  host().send(TO_HOST.log, call, LOG_LEVELS.indexOf(level), text.slice(0, LOG_LINE_CHARS_MAX) + last);
}

export function forgetLogLines(call: number): void {
  linesByCall.delete(call);
}

export function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Error) return errorText(value);
  if (typeof value !== "object" || value === null) return typeof value === "symbol" ? value.toString() : `${value}`;
  try {
    return jsonStringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part)) ?? `${value}`;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** Name, message and stack, whatever a hostile error does on the way. */
export function errorText(error: unknown): string {
  try {
    if (!(error instanceof Error)) return `thrown: ${describe(error)}`;
    const head = `${error.name}: ${error.message}`;
    const stack = `${error.stack ?? ""}`;
    return (stack.includes(error.message) ? stack : `${head}\n${stack}`).slice(0, LOG_LINE_CHARS_MAX);
  } catch {
    return "an error that cannot be described";
  }
}

function line(level: Level) {
  return (...values: unknown[]): void => {
    let text = "";
    for (const value of values) text += (text === "" ? "" : " ") + describe(value);
    logLine(level, text);
  };
}

export const console = {
  debug: line("debug"),
  log: line("info"),
  info: line("info"),
  warn: line("warn"),
  error: line("error"),
  trace: line("debug"),
  dir: (value: unknown) => logLine("info", describe(value)),
  assert: (good: unknown, ...values: unknown[]) => {
    if (!good) logLine("error", `Assertion failed ${values.map(describe).join(" ")}`);
  },
};
