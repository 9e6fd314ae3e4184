import { CommanderError } from "commander";
import { EXIT_CODES, tellError, UsageError } from "./errors.ts";
import { makeOutput } from "./output.ts";
import { asUsageError, makeProgram } from "./program.ts";
import { COMMANDS, loadAll } from "./registry.ts";

/** A runner that `dev` started may drain this long. */
const ENDS_WITHIN_MS = 20_000;
/** Ctrl-C comes from the terminal, and once more from npm where that has started us. */
const SAME_INTERRUPT_MS = 500;

const words = process.argv.slice(2);
const stop = new AbortController();
let interruptedMs = 0;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, interrupt);
// A reader that went (`| head`) is no fault.
process.stdout.on("error", () => stop.abort());

process.exitCode = await run(words).catch((error: unknown) => {
  const told = tellError(error);
  makeOutput(words.includes("--json")).error(told);
  return told.exitCode;
});

/** Ends the command in its own way; at once when it is asked for again, or when that takes too long. */
function interrupt(): void {
  const end = () => process.exit(EXIT_CODES.interrupted.code);
  if (stop.signal.aborted && performance.now() - interruptedMs > SAME_INTERRUPT_MS) end();
  if (stop.signal.aborted) return;
  interruptedMs = performance.now();
  stop.abort();
  setTimeout(end, ENDS_WITHIN_MS).unref();
}

async function run(args: readonly string[]): Promise<number> {
  let code: number = EXIT_CODES.ok.code;
  const [first = "--help", ...rest] = args;
  if (first.startsWith("-") && !["--help", "-h", "--version"].includes(first)) {
    throw new UsageError(`${first} stands before the command; options come after it: edge status --env local`);
  }
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  const specs = entry === undefined ? await loadAll() : new Map([[first, await entry.load()]]);
  const onExit = (exit: number) => {
    code = exit;
  };
  try {
    const program = makeProgram(specs, { signal: stop.signal, onExit });
    await program.parseAsync([first, ...rest], { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const usage = asUsageError(error);
    if (usage === null) return EXIT_CODES.ok.code;
    if (usage.message === "(outputHelp)") throw new UsageError("no command; `edge --help` lists them");
    throw usage;
  }
}
