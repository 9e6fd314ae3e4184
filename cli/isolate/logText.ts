import { styled } from "../output.ts";
import type { LogLine } from "./localRunner.ts";

const LEVEL_STYLES = { debug: "dim", info: "cyan", warn: "yellow", error: "red" } as const;

/** What a line says beside its message and is not for people. */
const QUIET = new Set(["time", "level", "message", "process", "node", "region", "function", "version", "requestId"]);
const TRACE = new Set(["traceId", "spanId", "stack"]);

/** A log line for a person: time, level, who, message, what else it has, and the stack below. */
export function logText(line: LogLine, { who }: { readonly who: string }): string {
  const { time, level, message, stack } = line;
  const style = LEVEL_STYLES[level as keyof typeof LEVEL_STYLES] ?? "dim";
  const clock = typeof time === "string" ? time.slice(11, 23) : "";
  const rest = Object.entries(line).filter(([key]) => !QUIET.has(key) && !TRACE.has(key));
  const fields = rest.map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const parts = [styled("dim", clock), styled(style, level.padEnd(5)), styled("bold", who), message];
  const head = [...parts.filter(Boolean), ...(fields.length === 0 ? [] : [styled("dim", fields.join(" "))])].join(" ");
  const frames = typeof stack === "string" ? ownFrames(stack) : [];
  return [head, ...frames.map((frame) => styled("dim", `    ${frame}`))].join("\n");
}

/** Where an author's code was: without the error's own line and the platform around the function. */
function ownFrames(stack: string): string[] {
  const rows = stack.split("\n").map((row) => row.trim());
  return rows.filter((row) => row.startsWith("at ") && !row.includes("edge:platform"));
}
