import { LogVolume } from "../logVolume.ts";
import { LOG_LEVELS, LOG_LINE_CHARS_MAX, TO_HOST } from "../worker/isolatePort.ts";
import { utf8Length } from "./encoding.ts";
import { callNow, host } from "./host.ts";
import { jsonStringify, safeMap, sliceText } from "./primordials.ts";

type Level = (typeof LOG_LEVELS)[number];

const levelNumber = Object.fromEntries(LOG_LEVELS.map((level, index) => [level, index])) as Record<Level, number>;

/** Of requests that are not over. */
const loggedByCall = safeMap<number, LogVolume>();
/** What no request has asked for, and what comes after its request; from the end of one request to that of the next. */
const loggedByNobody = new LogVolume();

/** The request may write to its function's log. */
export function openLog(call: number): void {
  loggedByCall.set(call, new LogVolume());
}

/** Writes to the function's log. What is over the request's limit is dropped and counted. */
export function logLine(level: Level, text: string): void {
  const call = callNow();
  const { facts, send } = host();
  const line = text.length > LOG_LINE_CHARS_MAX ? `${sliceText(text, 0, LOG_LINE_CHARS_MAX)}…` : text;
  const logged = loggedByCall.get(call) ?? loggedByNobody;
  if (logged.add(utf8Length(line), facts.limits.logBytes)) send(TO_HOST.log, call, levelNumber[level], line);
}

/** The request is over: the host is told how much of its log is missing. */
export function closeLog(call: number): void {
  const dropped = loggedByCall.get(call)?.restart() ?? 0;
  loggedByCall.delete(call);
  if (dropped > 0) host().send(TO_HOST.logDropped, call, dropped, "");
  const others = loggedByNobody.restart();
  if (others > 0) host().send(TO_HOST.logDropped, 0, others, "");
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
