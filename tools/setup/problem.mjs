// @ts-check

/** Something set-up cannot provide. The reader gets all three: what is missing, why, and the commands that help. */
export class SetupProblem extends Error {
  /**
   * @param {{ what: string, why: string, remedy: string | string[] }} parts `remedy` may be several lines, each one a command or a
   *   short sentence.
   */
  constructor({ what, why, remedy }) {
    super(what);
    this.name = "SetupProblem";
    this.why = why;
    this.remedy = Array.isArray(remedy) ? remedy : [remedy];
  }
}

/** Set-up was asked to stop (Ctrl-C, SIGTERM): nothing is wrong with the machine. */
export class Interrupted extends Error {
  constructor() {
    super("set-up was interrupted");
    this.name = "Interrupted";
  }
}

/**
 * The problem as text: what, why, what to do.
 * @param {unknown} error an error that is no SetupProblem is a fault of set-up itself and keeps its stack
 * @returns {string} lines without colour
 */
export function describeProblem(error) {
  if (!(error instanceof SetupProblem)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [first, ...rest] = error.remedy;
  return [
    error.message,
    ...indent("why:        ", error.why.split("\n")),
    ...indent("what to do: ", [first ?? "", ...rest]),
  ].join("\n");
}

/**
 * @param {string} label
 * @param {string[]} lines
 */
function indent(label, lines) {
  return lines.map((line, index) => `    ${index === 0 ? label : " ".repeat(label.length)}${line}`);
}
