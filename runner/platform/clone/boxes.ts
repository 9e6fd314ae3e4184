import { uncurryThis } from "../primordials.ts";
import { isObject } from "../webidl.ts";

type Maker = () => object;

/** Reads what an object of the language holds in it; throws for what is none of its kind. */
const READERS: readonly ((value: object) => Maker)[] = [
  reader(Boolean.prototype.valueOf, (held) => () => Object(held)),
  reader(Number.prototype.valueOf, (held) => () => Object(held)),
  reader(String.prototype.valueOf, (held) => () => Object(held)),
  reader(BigInt.prototype.valueOf, (held) => () => Object(held)),
  dateReader(),
  regExpReader(),
];

function reader<T>(method: () => T, makerOf: (held: T) => Maker): (value: object) => Maker {
  const read = uncurryThis(method as (this: object) => T);
  return (value) => makerOf(read(value));
}

function dateReader(): (value: object) => Maker {
  const DateClass = Date;
  return reader(Date.prototype.getTime as () => number, (ms) => () => new DateClass(ms));
}

function regExpReader(): (value: object) => Maker {
  const RegExpClass = RegExp;
  const { get: sourceOf } = Object.getOwnPropertyDescriptor(RegExp.prototype, "source") as { get: () => string };
  const source = uncurryThis(sourceOf as (this: object) => string);
  // `flags` would read the flags one by one, from whatever the object says; `compile` in a copy tells the inner state only.
  const FLAGS: readonly (readonly [string, (value: object) => boolean])[] = (
    [
      ["d", "hasIndices"],
      ["g", "global"],
      ["i", "ignoreCase"],
      ["m", "multiline"],
      ["s", "dotAll"],
      ["u", "unicode"],
      ["v", "unicodeSets"],
      ["y", "sticky"],
    ] as const
  ).map(([flag, name]) => [
    flag,
    uncurryThis(Object.getOwnPropertyDescriptor(RegExp.prototype, name)?.get as (this: object) => boolean),
  ]);
  const { prototype } = RegExp;
  return (value) => {
    // The prototype answers, but is no regular expression.
    if (value === prototype) throw new TypeError("no regular expression");
    const text = source(value);
    let flags = "";
    for (const [flag, has] of FLAGS) if (has(value)) flags += flag;
    return () => new RegExpClass(text, flags);
  };
}

/** What makes the clone of a date, a regular expression or a primitive's object; undefined for anything else. */
export function boxMaker(value: object): Maker | undefined {
  for (const read of READERS) {
    try {
      return read(value);
    } catch {}
  }
  return undefined;
}

/** Prototypes of the language's objects whose state cannot be read: such objects have no clone. */
const CLOSED: ReadonlySet<unknown> = new Set(closedPrototypes());

function closedPrototypes(): unknown[] {
  const { getPrototypeOf } = Object;
  const generator = getPrototypeOf(function* () {}).prototype;
  const asyncGenerator = getPrototypeOf(async function* () {}).prototype;
  const namespaces = [Intl, (globalThis as { Temporal?: object }).Temporal ?? {}];
  return [
    WeakMap.prototype,
    WeakSet.prototype,
    WeakRef.prototype,
    Promise.prototype,
    generator,
    asyncGenerator,
    getPrototypeOf(getPrototypeOf([][Symbol.iterator]())),
    ...namespaces.flatMap((namespace) =>
      Object.getOwnPropertyNames(namespace).flatMap((name) => {
        const member = (namespace as Record<string, unknown>)[name];
        return typeof member === "function" && isObject(member.prototype) ? [member.prototype] : [];
      }),
    ),
  ];
}

export function isClosed(prototype: object): boolean {
  return CLOSED.has(prototype);
}
