import { IdTable } from "../idTable.ts";
import { LogVolume } from "../logVolume.ts";
import { LOG_LEVELS, LOG_LINE_CHARS_MAX, TO_HOST } from "../worker/isolatePort.ts";
import { utf8Length } from "./encoding.ts";
import { callNow, host } from "./host.ts";
import { safeMap, sliceText } from "./primordials.ts";

export type Level = (typeof LOG_LEVELS)[number];

const levelNumber = Object.fromEntries(LOG_LEVELS.map((level, index) => [level, index])) as Record<Level, number>;

/** Groups within groups that are shown. */
const GROUPS_MAX = 20;

/** Of requests that are not over. */
const loggedByCall = new IdTable<LogVolume>();
/** What no request has asked for, and what comes after its request; from the end of one request to that of the next. */
const loggedByNobody = new LogVolume();

/** How deep the groups are in which requests write. */
const groupsByCall = safeMap<number, number>();

/** The request may write to its function's log. */
export function openLog(call: number): void {
  loggedByCall.set(call, new LogVolume());
}

/** Lines of the running request are indented by one step more, or less. */
export function moveGroup(by: 1 | -1): void {
  const call = callNow();
  if (loggedByCall.get(call) === undefined) return;
  groupsByCall.set(call, Math.min(GROUPS_MAX, Math.max(0, (groupsByCall.get(call) ?? 0) + by)));
}

/** Lines of the running request are not indented any more. */
export function leaveGroups(): void {
  groupsByCall.delete(callNow());
}

/** Writes to the function's log within the groups that the request has opened. */
export function groupedLine(level: Level, text: string): void {
  const indent = "  ".repeat(groupsByCall.get(callNow()) ?? 0);
  logLine(level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
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
  groupsByCall.delete(call);
  if (dropped > 0) host().send(TO_HOST.logDropped, call, dropped, "");
  const others = loggedByNobody.restart();
  if (others > 0) host().send(TO_HOST.logDropped, 0, others, "");
}
