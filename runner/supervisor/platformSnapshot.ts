import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { buffer, text } from "node:stream/consumers";
import type { Log } from "../log.ts";
import type { Bundles } from "./bundleTable.ts";
import { WORKER_ARGS } from "./nodeArgs.ts";

const WITHIN_MS = 10_000;
/**
 * With all functions compiled, and where in the source their code comes from: V8 would parse the whole platform again for the first
 * stack that an isolate is asked for, 2.5 ms in a request. And the same bytes every time, since V8 takes a code cache only with the
 * snapshot it was made with. The seeds are the maker's own: isolates choose theirs.
 */
const SNAPSHOT_ARGS = [
  "--no-lazy",
  "--no-enable-lazy-source-positions",
  "--single-threaded",
  "--random-seed=1",
  "--hash-seed=1",
];

/** V8's snapshot of an isolate with the platform in it; undefined, and a line in the log, where none can be made. */
export async function platformSnapshot(scripts: Bundles, log: Log): Promise<Buffer | undefined> {
  const child = spawn(process.execPath, [...WORKER_ARGS, ...SNAPSHOT_ARGS, scripts.snapshot], {
    env: {},
    timeout: WITHIN_MS,
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code === 0 ? "" : `it ended with ${signal ?? code}`));
  });
  child.stdin.on("error", () => {});
  createReadStream(scripts.platform).pipe(child.stdin);
  const [bytes, errors, problem] = await Promise.all([buffer(child.stdout), text(child.stderr), ended]);
  if (problem === "" && bytes.length > 0) return bytes;
  log("warn", "no snapshot of the platform: every isolate evaluates it, which takes several times as long", {
    problem,
    stderr: errors.slice(-2_000),
  });
  return undefined;
}
