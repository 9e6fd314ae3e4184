import { LineOutput } from "./log/lineOutput.ts";
import { sinkOn } from "./log/sink.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

const STDOUT_FD = 1;

/** Where and who: `process`, `node` and `region` of every line. */
type LogScope = Readonly<Record<string, unknown>>;

/** Lines of this process on its standard output. @param dropped hears of lines that found no room. */
export function stdoutLines(scope: LogScope, dropped: (lines: number) => void = () => {}): LineOutput {
  return new LineOutput(sinkOn(STDOUT_FD), {
    dropped: (_, lines) => dropped(lines),
    resumed: (lines, bySource) =>
      lineOf(scope, "warn", "log lines were dropped: they are read too slowly", {
        lines,
        by: Object.fromEntries([...bySource].slice(0, SOURCES_SAID)),
      }),
  });
}

/** Sources that a line about dropped lines names. */
const SOURCES_SAID = 20;

/** One JSON line per event. Lines of functions share the room for a slow reader fairly. */
export function jsonLog(scope: LogScope, output: LineOutput = stdoutLines(scope)): Log {
  return (level, message, fields) => {
    output.push(sourceOf(fields), lineOf(scope, level, message, fields));
  };
}

function sourceOf(fields: Readonly<Record<string, unknown>> | undefined): string {
  return typeof fields?.function === "string" ? fields.function : "";
}

function lineOf(scope: LogScope, level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ time: new Date().toISOString(), level, message, ...scope, ...fields })}\n`;
}
