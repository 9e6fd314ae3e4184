export type Log = (level: "info" | "error", message: string, fields?: object) => void;

/** One JSON object a line on standard output; `fields` must not hold secrets. */
export function jsonLog(constant: object): Log {
  // Nobody reads any more: that is no reason to stop serving.
  process.stdout.on("error", () => {});
  return (level, message, fields) => {
    const line = { time: new Date().toISOString(), level, ...constant, message, ...fields };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  };
}
