import { UsageError } from "./errors.ts";

/** Readers of option values, for `value()`. Each throws a UsageError that says what it takes. */

export function text(word: string): string {
  if (word === "") throw new UsageError("is empty; give it a value");
  return word;
}

/** `a,b`: at least one, none twice. */
export function list(words: string): readonly string[] {
  const parts = words.split(",").map((part) => part.trim());
  if (parts.includes(""))
    throw new UsageError(`${quoted(words)} has an empty part; write names with commas between: a,b`);
  return [...new Set(parts)];
}

export function oneOf<Word extends string>(words: readonly Word[]): (word: string) => Word {
  return (word) => {
    const found = words.find((known) => known === word);
    if (found === undefined) throw new UsageError(`${quoted(word)} is not one of ${words.join(", ")}`);
    return found;
  };
}

export function integer({ min, max }: { readonly min: number; readonly max: number }): (word: string) => number {
  return (word) => {
    const number = Number(word);
    if (!/^\d+$/.test(word) || number < min || number > max) {
      throw new UsageError(`${quoted(word)} is not a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

/** `10%` or `10`: more than 0, less than 100. */
export function percent(word: string): number {
  const number = Number(/^(\d+(?:\.\d+)?)%?$/.exec(word)?.[1]);
  if (!(number > 0 && number < 100)) throw new UsageError(`${quoted(word)} is not a percentage between 0 and 100: 10%`);
  return number;
}

/** `7` or `v7`: of a version, or of a release. */
export function versionNumber(word: string): number {
  const number = Number(/^v?(\d{1,15})$/.exec(word)?.[1]);
  if (!(number >= 1)) throw new UsageError(`${quoted(word)} is no version and no release: give 7 or v7`);
  return number;
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `80ms`, `5s`, `2m`, `1h`, in milliseconds. */
export function durationMs(word: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(word) ?? [];
  if (number === undefined) throw new UsageError(`${quoted(word)} is not a duration: 80ms, 5s, 2m or 1h`);
  return Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS];
}

function quoted(word: string): string {
  return JSON.stringify(word);
}
