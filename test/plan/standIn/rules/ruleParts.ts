/** Stands for what is known after an `up` alone. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Values = Readonly<Record<string, unknown>>;
/** What is wrong with a resource's arguments; null when nothing is. */
export type Rule = (values: Values) => string | null;

/** What stands at a path of names, through lists; without what is not known yet. */
function valuesAt(values: Values, names: string): unknown[] {
  const found = names
    .split(".")
    .reduce<unknown[]>(
      (parents, name) => parents.flatMap((parent) => (parent as Values | undefined)?.[name] ?? []),
      [values],
    );
  return found.filter((value) => value !== UNKNOWN);
}

const shown = (value: unknown) => JSON.stringify(value);

const each =
  (at: string, refusal: (value: unknown) => string | null): Rule =>
  (values) => {
    for (const value of valuesAt(values, at)) {
      const problem = refusal(value);
      if (problem !== null) return `${at} = ${shown(value)} ${problem}`;
    }
    return null;
  };

export const oneOf = (at: string, ...allowed: readonly (string | number | boolean)[]): Rule =>
  each(at, (value) => (allowed.includes(value as string) ? null : `is none of ${allowed.join(", ")}`));

export const within = (at: string, min: number, max: number): Rule =>
  each(at, (value) => (Number(value) >= min && Number(value) <= max ? null : `is not within ${min} and ${max}`));

export const matching = (at: string, pattern: RegExp): Rule =>
  each(at, (value) => (pattern.test(String(value)) ? null : `does not match ${pattern}`));

/** `names`, of which exactly one has to be given. */
export const exactlyOne =
  (...names: readonly string[]): Rule =>
  (values) => {
    const given = names.filter((name) => values[name] !== undefined);
    return given.length === 1 ? null : `exactly one of ${names.join(", ")} is taken, not ${given.length}`;
  };

export const notBoth =
  (one: string, other: string): Rule =>
  (values) =>
    values[one] !== undefined && values[other] !== undefined ? `${one} and ${other} conflict` : null;

/** What else has to be given with `name`. */
export const needing =
  (name: string, ...others: readonly string[]): Rule =>
  (values) => {
    const missing = values[name] === undefined ? [] : others.filter((other) => values[other] === undefined);
    return missing.length === 0 ? null : `${name} needs ${missing.join(", ")}`;
  };

/** Rules of those resources whose argument has the value. */
export const when =
  (name: string, value: unknown, ...rules: readonly Rule[]): Rule =>
  (values) =>
    values[name] === value ? (rules.map((rule) => rule(values)).find((problem) => problem !== null) ?? null) : null;

/** Rules of each element of a list. */
export const eachOf =
  (at: string, ...rules: readonly Rule[]): Rule =>
  (values) => {
    for (const element of valuesAt(values, at)) {
      const problem = rules.map((rule) => rule(element as Values)).find((found) => found !== null);
      if (problem !== undefined && problem !== null) return `${at}: ${problem}`;
    }
    return null;
  };

export const given =
  (...names: readonly string[]): Rule =>
  (values) => {
    const missing = names.filter((name) => values[name] === undefined);
    return missing.length === 0 ? null : `${missing.join(", ")} is missing`;
  };

export const absent =
  (...names: readonly string[]): Rule =>
  (values) => {
    const present = names.filter((name) => values[name] !== undefined);
    return present.length === 0 ? null : `${present.join(", ")} cannot be given`;
  };

/** A rule of several values at once, which waits until all are known. */
export const check =
  (problem: string, holds: (values: Values) => boolean): Rule =>
  (values) =>
    JSON.stringify(values).includes(UNKNOWN) || holds(values) ? null : problem;
