// @ts-check
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { Interrupted } from "./problem.mjs";

/** How much of a failed command's output goes into the message; the log has all of it. */
const tailLines = 12;

/** A command that could not be started, or ended with another status than 0. */
export class CommandFailure extends Error {
  /** @param {{ command: string, status: string, tail: string[], logFile: string | undefined }} parts */
  constructor({ command, status, tail, logFile }) {
    super([`${command}: ${status}`, ...tail, ...(logFile ? [`(all of it: ${logFile})`] : [])].join("\n"));
    this.name = "CommandFailure";
    this.tail = tail;
  }
}

/**
 * Runs a command to its end.
 * @param {string} program
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env] default: ours
 * @param {(line: string) => void} [options.onLine] told each line of its output and errors, as it comes
 * @param {string} [options.logFile] appended with the same lines
 * @param {AbortSignal} [options.signal] ends the command and what it started
 * @param {boolean} [options.ownGroup] default true: Ctrl-C reaches the command through `signal` only, and `signal` also reaches its children
 * @param {number} [options.limitMs] the command is ended after this long; default: no limit
 * @returns {Promise<string>} what it wrote to its standard output
 * @throws {CommandFailure} with the last lines of its output
 * @throws {Interrupted} when `signal` fired
 */
export async function run(program, args, options = {}) {
  const { cwd, env = process.env, onLine, logFile, signal, ownGroup = true, limitMs } = options;
  if (signal?.aborted) throw new Interrupted();
  const log = logFile ? openLog(logFile) : undefined;
  log?.write(`$ ${[program, ...args].join(" ")}\n`);

  const child = spawn(program, args, { cwd, env, detached: ownGroup, stdio: ["ignore", "pipe", "pipe"] });
  /** @type {string[]} */
  const output = [];
  /** @type {string[]} */
  const tail = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      if (stream === child.stdout) output.push(line);
      tail.push(line);
      if (tail.length > tailLines) tail.shift();
      log?.write(`${line}\n`);
      onLine?.(line);
    });
  }

  const end = () => endChild(child, ownGroup);
  signal?.addEventListener("abort", end, { once: true });
  const timer = limitMs === undefined ? undefined : setTimeout(end, limitMs);
  const status = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, killedBy) => resolve(killedBy ? `ended by ${killedBy}` : code));
  });
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
  if (log) await finished(log.end()).catch(() => {});

  if (signal?.aborted) throw new Interrupted();
  if (status === 0) return output.join("\n");
  const command = [program, ...args].join(" ");
  throw new CommandFailure({ command, status: typeof status === "number" ? `exit ${status}` : status, tail, logFile });
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {boolean} ownGroup
 */
function endChild(child, ownGroup) {
  if (child.pid === undefined) return;
  try {
    if (ownGroup) process.kill(-child.pid, "SIGTERM");
    else child.kill("SIGTERM");
  } catch {
    // It ended by itself meanwhile, or sudo runs it as root: then it gets to its end, and cleans up, on its own.
  }
}

/** @param {string} path */
function openLog(path) {
  mkdirSync(dirname(path), { recursive: true });
  const log = createWriteStream(path, { flags: "a" });
  // A log that cannot be written (a full disk) must not end a set-up that works.
  log.on("error", () => {});
  return log;
}
