/** One thing that is wrong in a stack's config. */
export interface ConfigProblem {
  /** Full key: `edge-fleet:regions.eu-west-1.address`. */
  readonly key: string;
  /** What stands there; undefined when nothing does. */
  readonly value: unknown;
  /** Completes the sentence "<key> …". */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A stack's config cannot be used; the message lists every problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(stack: string, problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super(`the config of stack ${stack} has ${count}\n\n${problems.map(block).join("\n\n")}\n`);
    this.problems = problems;
  }
}

/** Where in the raw config: `["regions", "eu-west-1", "address"]`. */
export type KeyPath = readonly (string | number)[];

export function keyOf(path: KeyPath): string {
  return path.reduce<string>((key, part, depth) => {
    if (typeof part === "number") return `${key}[${part}]`;
    if (depth === 0) return `${key}${part}`;
    return /^[\w-]+$/.test(part) ? `${key}.${part}` : `${key}[${JSON.stringify(part)}]`;
  }, "edge-fleet:");
}

/** Gathers problems, so that all are told at once. */
export class ProblemList {
  readonly #problems: ConfigProblem[] = [];

  add(path: KeyPath, problem: Omit<ConfigProblem, "key">): void {
    this.#problems.push({ key: keyOf(path), ...problem });
  }

  /** Whether something at or below the key is wrong already. */
  touches(path: KeyPath): boolean {
    const key = keyOf(path);
    return this.#problems.some((p) => p.key === key || p.key.startsWith(`${key}.`) || p.key.startsWith(`${key}[`));
  }

  throwIfAny(stack: string): void {
    if (this.#problems.length === 0) return;
    const order = new Intl.Collator("en", { numeric: true });
    throw new ConfigError(
      stack,
      this.#problems.toSorted((a, b) => order.compare(a.key, b.key)),
    );
  }
}

const LONGEST_VALUE_CHARS = 80;

function block({ key, value, problem, remedy }: ConfigProblem): string {
  return `  ${key}${value === undefined ? "" : ` = ${shorten(value)}`}\n    ${problem}.\n    ${remedy}`;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= LONGEST_VALUE_CHARS ? text : `${text.slice(0, LONGEST_VALUE_CHARS)}…`;
}
