import { writeSync } from "node:fs";
import { jsonLog, stdoutLines } from "../log.ts";

/** Logs without end on its standard output; says on standard error each 100 ms how it is, then ends by itself. */
const ENDS_MS = 1_000;
const scope = { process: "flood" };
let dropped = 0;
const log = jsonLog(
  scope,
  stdoutLines(scope, (lines) => {
    dropped += lines;
  }),
);
const line = "x".repeat(1_000);
setInterval(() => {
  for (let index = 0; index < 100; index++) log("info", line, { function: "loud" });
}, 1);
setInterval(() => writeSync(2, `${JSON.stringify({ dropped, rssBytes: process.memoryUsage.rss() })}\n`), 100);
setTimeout(() => process.exit(0), ENDS_MS);
