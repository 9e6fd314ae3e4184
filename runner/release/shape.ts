import { ReleaseError } from "./errors.ts";

/** Typed readers over parsed JSON. `at` is the key path that an error names, `functions[3].env.NAME` for instance. */

/** An object with exactly `keys`; anything missing or unknown is refused. */
export function record<Key extends string>(value: unknown, keys: readonly Key[], at: string): Record<Key, unknown> {
  const object = dictionary(value, at);
  for (const key of keys) if (!Object.hasOwn(object, key)) wrong(`${at}.${key}`, undefined, "to be there");
  const known: readonly string[] = keys;
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) wrong(`${at}.${key}`, object[key], `one of the keys ${keys.join(", ")}`);
  }
  return object as Record<Key, unknown>;
}

/** An object with any keys. */
export function dictionary(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) wrong(at, value, "an object");
  return value as Record<string, unknown>;
}

/** A list of at most `maxLength` items, each read by `read`. */
export function list<Item>(
  value: unknown,
  at: string,
  maxLength: number,
  read: (item: unknown, at: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value)) wrong(at, value, "a list");
  const items = value as unknown[];
  if (items.length > maxLength) wrong(at, items.length, `at most ${maxLength} items`);
  return items.map((item, index) => read(item, `${at}[${index}]`));
}

export function integer(value: unknown, at: string, range: { readonly min: number; readonly max: number }): number {
  if (!Number.isSafeInteger(value) || (value as number) < range.min || (value as number) > range.max) {
    wrong(at, value, `a whole number from ${range.min} to ${range.max}`);
  }
  return value as number;
}

/** A string of at most `maxLength` UTF-16 units. */
export function text(value: unknown, at: string, maxLength: number): string {
  if (typeof value !== "string" || value.length > maxLength)
    wrong(at, value, `a text of at most ${maxLength} characters`);
  return value as string;
}

export function matching(
  value: unknown,
  at: string,
  pattern: { readonly regex: RegExp; readonly gloss: string },
): string {
  if (typeof value !== "string" || !pattern.regex.test(value)) wrong(at, value, pattern.gloss);
  return value as string;
}

export function oneOf<Choice extends string>(value: unknown, at: string, choices: readonly Choice[]): Choice {
  if (!(choices as readonly unknown[]).includes(value)) wrong(at, value, `one of ${choices.join(", ")}`);
  return value as Choice;
}

export function wrong(at: string, value: unknown, expected: string): never {
  throw new ReleaseError("ERR_RELEASE_SHAPE", at, `expected ${expected}, found ${shown(value)}`);
}

function shown(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}
