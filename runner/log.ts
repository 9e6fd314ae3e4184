export type LogLevel = "debug" | "info" | "warn" | "error";
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** One JSON line per event on stdout; `process` says which of the runner's processes wrote it. */
export function jsonLog(scope: Readonly<Record<string, unknown>>): Log {
  return (level, message, fields) => {
    process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), level, ...scope, message, ...fields })}\n`);
  };
}
