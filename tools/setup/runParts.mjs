// @ts-check
import { describeProblem, Interrupted, SetupProblem } from "./problem.mjs";
import { Progress, seconds } from "./progress.mjs";

/**
 * Brings the parts that are missing, side by side; one part's failure stops no other.
 * @param {import("./part.mjs").Part[]} parts
 * @param {{ out: { write(text: string): unknown, isTTY?: boolean, columns?: number }, env: NodeJS.ProcessEnv, signal: AbortSignal }} context
 * @returns {Promise<unknown[]>} the errors, none when all is there now
 */
export async function runParts(parts, { out, env, signal }) {
  const wanted = parts.flatMap((part) => {
    const what = part.missing();
    return what === undefined ? [] : [{ part, what }];
  });
  if (wanted.length === 0) return [];

  const startedMs = Date.now();
  for (const { part } of wanted) part.ask?.();
  const progress = new Progress(out, env);
  const results = await Promise.allSettled(
    wanted.map(async ({ part, what }) => {
      const own = progress.start(part.name, what);
      try {
        own.done(await part.bring({ progress: own, signal, env }));
      } catch (error) {
        own.failed(error instanceof Interrupted ? "interrupted" : "failed, see below");
        throw error;
      }
    }),
  );
  const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
  if (errors.length === 0) out.write(`set-up took ${seconds(Date.now() - startedMs)}\n`);
  return errors.map(explain);
}

/**
 * The errors as one text, one after the other.
 * @param {unknown[]} errors
 */
export function describeErrors(errors) {
  return errors
    .filter((error) => !(error instanceof Interrupted))
    .map((error) => `error: ${describeProblem(error)}\n`)
    .join("\n");
}

/** What the file system refuses is no fault of set-up: it gets a remedy too. */
const fileRemedies = new Map([
  ["ENOSPC", "free some disk space: the engine's build needs about 4 GB, everything else 1 GB"],
  ["EACCES", "give this user the right to write there, or set EDGE_TOOLS_DIR to a folder of its own"],
  ["EPERM", "give this user the right to write there, or set EDGE_TOOLS_DIR to a folder of its own"],
  ["EROFS", "use a checkout on a file system that can be written"],
]);

/** @param {unknown} error */
function explain(error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const remedy = fileRemedies.get(code);
  if (!remedy || !(error instanceof Error)) return error;
  return new SetupProblem({ what: "set-up could not write a file", why: error.message, remedy });
}
