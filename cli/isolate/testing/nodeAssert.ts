/** `node:assert/strict` inside an isolate. */
import { inspect } from "node:util";
import { strictDeepEqual } from "fast-equals";

type Expected = RegExp | ((error: unknown) => unknown) | (new (...given: never[]) => Error) | object;

interface Details {
  readonly message?: string | undefined;
  readonly actual?: unknown;
  readonly expected?: unknown;
  readonly operator?: string;
}

export class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly code = "ERR_ASSERTION";
  readonly actual: unknown;
  readonly expected: unknown;
  readonly operator: string;

  constructor({ message, actual, expected, operator = "fail" }: Details) {
    super(message ?? "Failed");
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
  }
}

const SHOWN_DEPTH = 6;
/** Errors without their stacks: the test's own says where. */
const show = (value: unknown) =>
  value instanceof Error ? `${value.name}: ${value.message}` : inspect(value, { depth: SHOWN_DEPTH, sorted: true });

function failed(given: unknown, details: Details): never {
  if (given instanceof Error) throw given;
  throw new AssertionError({ ...details, message: typeof given === "string" ? given : details.message });
}

function compare(isGood: boolean, operator: string, [actual, expected, message]: readonly unknown[]): void {
  if (isGood) return;
  const said = operator.startsWith("not")
    ? `Expected anything but:\n\n${show(expected)}`
    : `Expected values to be ${operator.startsWith("deep") ? "deeply " : ""}equal:\n\n${difference(show(actual), show(expected))}`;
  failed(message, { message: said, actual, expected, operator });
}

/** Lines of both that the other has not, those of the actual value with `+`. */
function difference(actual: string, expected: string): string {
  const [own, other] = [actual.split("\n"), expected.split("\n")];
  const marked = (lines: readonly string[], others: readonly string[], mark: string) =>
    lines.map((line) => `${others.includes(line) ? " " : mark} ${line}`);
  const same = (lines: readonly string[]) => lines.filter((line) => line.startsWith(" "));
  const [plus, minus] = [marked(own, other, "+"), marked(other, own, "-")];
  if (same(plus).length === 0 || same(plus).join() !== same(minus).join()) {
    return `+ actual\n- expected\n\n${[...own.map((line) => `+ ${line}`), ...other.map((line) => `- ${line}`)].join("\n")}`;
  }
  const rest = minus.values();
  const merged: string[] = [];
  for (const line of plus) {
    if (line.startsWith(" "))
      for (const next of rest) {
        merged.push(next);
        if (next === line) break;
      }
    else merged.push(line);
  }
  return `+ actual\n- expected\n\n${[...merged, ...rest].join("\n")}`;
}

export function ok(value: unknown, message?: string | Error): asserts value {
  if (!value)
    failed(message, { message: `Expected a truthy value, found ${show(value)}`, actual: value, expected: true });
}
export const equal = (...given: readonly unknown[]) => compare(Object.is(given[0], given[1]), "equal", given);
export const notEqual = (...given: readonly unknown[]) => compare(!Object.is(given[0], given[1]), "notEqual", given);
export const deepEqual = (...given: readonly unknown[]) =>
  compare(strictDeepEqual(given[0], given[1]), "deepEqual", given);
export const notDeepEqual = (...given: readonly unknown[]) =>
  compare(!strictDeepEqual(given[0], given[1]), "notDeepEqual", given);
export function match(text: string, pattern: RegExp, message?: string | Error): void {
  if (!pattern.test(text)) failed(message, { message: `Expected ${show(text)} to match ${pattern}`, actual: text });
}
export function doesNotMatch(text: string, pattern: RegExp, message?: string | Error): void {
  if (pattern.test(text)) failed(message, { message: `Expected ${show(text)} not to match ${pattern}`, actual: text });
}
export function fail(message?: string | Error): never {
  failed(message, {});
}
export function ifError(value: unknown): void {
  if (value !== null && value !== undefined) throw value;
}

/** Who throws nothing is told from who throws undefined. */
const NOTHING = Symbol("nothing");

export function throws(action: () => unknown, expected?: Expected | string, message?: string): void {
  let thrown: unknown = NOTHING;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  checkThrown(thrown, expected, message, "exception");
}
export async function rejects(
  given: Promise<unknown> | (() => unknown),
  expected?: Expected | string,
  message?: string,
): Promise<void> {
  let thrown: unknown = NOTHING;
  try {
    await (typeof given === "function" ? given() : given);
  } catch (error) {
    thrown = error;
  }
  checkThrown(thrown, expected, message, "rejection");
}
export function doesNotThrow(action: () => unknown): void {
  action();
}
export async function doesNotReject(given: Promise<unknown> | (() => unknown)): Promise<void> {
  await (typeof given === "function" ? given() : given);
}

function checkThrown(
  thrown: unknown,
  expected: Expected | string | undefined,
  message: string | undefined,
  what: string,
): void {
  const said = typeof expected === "string" ? expected : message;
  if (thrown === NOTHING) failed(said, { message: `Missing expected ${what}`, operator: "throws" });
  if (expected === undefined || typeof expected === "string") return;
  if (isExpected(thrown, expected)) return;
  failed(said, {
    message: `Another ${what} than expected: ${show(thrown)}`,
    actual: thrown,
    expected,
    operator: "throws",
  });
}

function isExpected(thrown: unknown, expected: Expected): boolean {
  if (expected instanceof RegExp) return expected.test(String(thrown));
  if (typeof expected === "function") {
    if (expected === Error || expected.prototype instanceof Error)
      return thrown instanceof (expected as new () => Error);
    return (expected as (error: unknown) => unknown)(thrown) === true;
  }
  return Object.entries(expected).every(([key, value]) => {
    const found = Object(thrown)[key] as unknown;
    return value instanceof RegExp && typeof found === "string" ? value.test(found) : strictDeepEqual(found, value);
  });
}

export const strictEqual = equal;
export const notStrictEqual = notEqual;
export const deepStrictEqual = deepEqual;
export const notDeepStrictEqual = notDeepEqual;

const parts = {
  AssertionError,
  ...{ ok, equal, notEqual, strictEqual, notStrictEqual, deepEqual, notDeepEqual, deepStrictEqual, notDeepStrictEqual },
  ...{ match, doesNotMatch, fail, ifError, throws, rejects, doesNotThrow, doesNotReject },
};
/** All of them, and `ok` as a function. */
export const strict = Object.assign((value: unknown, message?: string | Error) => ok(value, message), parts);
Object.assign(strict, { strict });
export default strict;
