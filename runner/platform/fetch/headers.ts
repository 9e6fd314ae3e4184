import { definePairIterable, type PairMethods } from "../pairIterable.ts";
import { getOwnPropertyDescriptor, ownKeys } from "../primordials.ts";
import { defineInterface, isObject, needArguments, sequenceFrom, toByteString, toSequence } from "../webidl.ts";
import {
  combined,
  copyOf,
  type Header,
  hasHeader,
  headerName,
  headerValue,
  removeHeader,
  setHeader,
  sortedAndCombined,
} from "./headerList.ts";

let isHeaders: (value: unknown) => value is Headers;
let listOf: (headers: Headers) => Header[];
let over: (list: Header[], isImmutable: boolean) => Headers;

/** Fetch's `Headers`. A function is a server and a client in one: no name is forbidden to it. */
export class Headers {
  #list: Header[] = [];
  #isImmutable = false;
  #sorted: readonly Header[] | undefined;
  declare readonly entries: PairMethods<string>["entries"];
  declare readonly keys: PairMethods<string>["keys"];
  declare readonly values: PairMethods<string>["values"];
  declare readonly forEach: PairMethods<string>["forEach"];
  declare readonly [Symbol.iterator]: PairMethods<string>["entries"];

  static {
    isHeaders = (value): value is Headers => isObject(value) && #list in value;
    listOf = (headers) => headers.#list;
    over = (list, isImmutable) => {
      const headers = new Headers();
      headers.#list = list;
      headers.#isImmutable = isImmutable;
      return headers;
    };
    definePairIterable(Headers, "Headers", (owner) => {
      const headers = owner as Headers;
      headers.#sorted ??= sortedAndCombined(headers.#list);
      return headers.#sorted;
    });
  }

  constructor(init: unknown = undefined) {
    if (init !== undefined) this.#list = headersFrom(init);
  }

  append(name: unknown, value: unknown): void {
    const list = this.#list;
    needArguments(arguments.length, 2, "Headers.append");
    const header = checked(name, value);
    this.#changes();
    list[list.length] = header;
  }
  delete(name: unknown): void {
    const list = this.#list;
    needArguments(arguments.length, 1, "Headers.delete");
    const key = headerName(name);
    this.#changes();
    removeHeader(list, key);
  }
  get(name: unknown): string | null {
    const list = this.#list;
    needArguments(arguments.length, 1, "Headers.get");
    return combined(list, headerName(name));
  }
  getSetCookie(): string[] {
    const list = this.#list;
    const values: string[] = [];
    for (let index = 0; index < list.length; index++) {
      const header = list[index] as Header;
      if (header[0] === "set-cookie") values[values.length] = header[1];
    }
    return values;
  }
  has(name: unknown): boolean {
    const list = this.#list;
    needArguments(arguments.length, 1, "Headers.has");
    return hasHeader(list, headerName(name));
  }
  set(name: unknown, value: unknown): void {
    const list = this.#list;
    needArguments(arguments.length, 2, "Headers.set");
    const header = checked(name, value);
    this.#changes();
    setHeader(list, header);
  }

  #changes(): void {
    if (this.#isImmutable) throw new TypeError("These headers cannot be changed; a copy can: new Headers(headers)");
    this.#sorted = undefined;
  }
}
defineInterface(Headers, "Headers");

const ownIterator = Headers.prototype[Symbol.iterator];

function checked(name: unknown, value: unknown): Header {
  // Both are converted before either is judged.
  const nameText = typeof name === "string" ? name : toByteString(name);
  const valueText = toByteString(value);
  return [headerName(nameText), headerValue(valueText)];
}

function toPair(item: unknown): Header {
  const pair = toSequence(item, toByteString, "Each header");
  if (pair.length !== 2) throw new TypeError(`Each header must be a pair of name and value, not ${pair.length} items`);
  return pair as unknown as Header;
}

/**
 * The list that a `HeadersInit` stands for.
 *
 * @throws TypeError for a name or a value that cannot be, and for what is neither a list of pairs nor an object
 */
export function headersFrom(init: unknown): Header[] {
  if (!isObject(init)) throw new TypeError("Headers are made of an object, a list of pairs or other headers");
  const iterate = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterate === ownIterator && isHeaders(init)) return copyOf(listOf(init));
  const isRecord = iterate === undefined || iterate === null;
  const given = isRecord ? recordPairs(init) : sequenceFrom(init, iterate, toPair, "The headers");
  const list: Header[] = [];
  for (let index = 0; index < given.length; index++) {
    const pair = given[index] as Header;
    list[index] = [headerName(pair[0]), headerValue(pair[1])];
  }
  return list;
}

function recordPairs(record: object): Header[] {
  const pairs: Header[] = [];
  const keys = ownKeys(record);
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    if (!getOwnPropertyDescriptor(record, key)?.enumerable) continue;
    pairs[pairs.length] = [toByteString(key), toByteString((record as Record<string, unknown>)[key])];
  }
  return pairs;
}

/** Headers that show a list and change it. */
export function headersOver(list: Header[], isImmutable: boolean): Headers {
  return over(list, isImmutable);
}
