import { UsageError } from "./errors.ts";

/** Whether there is a person to ask: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks before something that cannot be taken back.
 * @returns whether the answer was yes
 * @throws UsageError where nobody can be asked: `--yes` says it beforehand
 */
export async function confirm(question: string, { yes }: { readonly yes: boolean }): Promise<boolean> {
  if (yes) return true;
  if (!canAsk()) throw new UsageError(`${question}\n  Nobody can be asked here: say yes with --yes. Nothing was done.`);
  const prompts = await import("@clack/prompts");
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr });
  return answer === true;
}

/**
 * A secret: typed unseen, or read from standard input to its end when that is no terminal.
 * @throws UsageError when it is empty or was not given
 */
export async function readHidden(question: string): Promise<string> {
  if (!canAsk()) {
    let text = "";
    for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
    if (text.trimEnd() === "") throw new UsageError("standard input is empty: pipe the value in, or run in a terminal");
    // `echo value |` ends with a line feed that nobody means.
    return text.replace(/\r?\n$/, "");
  }
  const prompts = await import("@clack/prompts");
  const answer = await prompts.password({ message: question, output: process.stderr });
  if (typeof answer !== "string" || answer === "") throw new UsageError("no value was given; nothing was done");
  return answer;
}
