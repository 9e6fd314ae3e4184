import { definePairIterable } from "../pairIterable.ts";
import {
  defineInterface,
  isObject,
  needArguments,
  sequenceFrom,
  toRecord,
  toSequence,
  toUsvString,
} from "../webidl.ts";
import { type FormPair, parseForm, serialiseForm } from "./formUrlencoded.ts";

/** The URL that the parameters are of. */
export interface QueryOwner {
  /** Without its question mark; null where there is none. */
  query: string | null;
}

let isParams: (value: unknown) => value is URLSearchParams;
let listOf: (params: URLSearchParams) => FormPair[];
let paramsOf: (owner: QueryOwner) => URLSearchParams;
let reread: (params: URLSearchParams) => void;

/** https://url.spec.whatwg.org/#interface-urlsearchparams */
export class URLSearchParams {
  #list: FormPair[] = [];
  #owner: QueryOwner | undefined;

  static {
    isParams = (value): value is URLSearchParams => isObject(value) && #list in value;
    listOf = (params) => params.#list;
    paramsOf = (owner) => {
      const params = new URLSearchParams();
      params.#owner = owner;
      reread(params);
      return params;
    };
    reread = (params) => {
      params.#list = parseForm(params.#owner?.query ?? "");
    };
  }

  constructor(init: unknown = "") {
    this.#list = isObject(init) ? pairsOf(init) : parseForm(withoutMark(toUsvString(init)));
  }

  get size(): number {
    return this.#list.length;
  }

  append(name: unknown, value: unknown): void {
    this.#check(arguments.length, 2);
    this.#list.push([toUsvString(name), toUsvString(value)]);
    this.#update();
  }

  delete(name: unknown, value: unknown = undefined): void {
    this.#check(arguments.length, 1);
    const wanted = matcher(name, value);
    this.#list = this.#list.filter((pair) => !wanted(pair));
    this.#update();
  }

  get(name: unknown): string | null {
    this.#check(arguments.length, 1);
    const wanted = toUsvString(name);
    return this.#list.find((pair) => pair[0] === wanted)?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    this.#check(arguments.length, 1);
    const wanted = toUsvString(name);
    return this.#list.filter((pair) => pair[0] === wanted).map((pair) => pair[1]);
  }

  has(name: unknown, value: unknown = undefined): boolean {
    this.#check(arguments.length, 1);
    return this.#list.some(matcher(name, value));
  }

  set(name: unknown, value: unknown): void {
    this.#check(arguments.length, 2);
    const pair: FormPair = [toUsvString(name), toUsvString(value)];
    const at = this.#list.findIndex((found) => found[0] === pair[0]);
    if (at < 0) this.#list.push(pair);
    else this.#list = this.#list.flatMap((found, i) => (i === at ? [pair] : found[0] === pair[0] ? [] : [found]));
    this.#update();
  }

  sort(): void {
    this.#list.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    this.#update();
  }

  toString(): string {
    return serialiseForm(this.#list);
  }

  #check(given: number, wanted: number): void {
    needArguments(given, wanted, "This method of URLSearchParams");
  }

  #update(): void {
    if (this.#owner === undefined) return;
    const text = serialiseForm(this.#list);
    this.#owner.query = text === "" ? null : text;
  }
}

defineInterface(URLSearchParams, "URLSearchParams");
definePairIterable(URLSearchParams, "URLSearchParams", (owner) => listOf(owner as URLSearchParams));

function matcher(name: unknown, value: unknown): (pair: FormPair) => boolean {
  const wanted = toUsvString(name);
  if (value === undefined) return (pair) => pair[0] === wanted;
  const alsoWanted = toUsvString(value);
  return (pair) => pair[0] === wanted && pair[1] === alsoWanted;
}

function withoutMark(text: string): string {
  return text[0] === "?" ? text.slice(1) : text;
}

function pairsOf(init: object): FormPair[] {
  const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator];
  if (iterator === undefined || iterator === null) return toRecord(init, toUsvString, toUsvString);
  return sequenceFrom(init, iterator, pairOf, "the list of parameters");
}

function pairOf(value: unknown): FormPair {
  const items = toSequence(value, toUsvString, "a parameter");
  if (items.length !== 2)
    throw new TypeError(`A parameter must be a pair of name and value, not ${items.length} texts`);
  return items as FormPair;
}

/** The parameters of a URL, which follow it and which it follows. */
export const searchParamsOf = paramsOf;
/** The parameters as a body's text; undefined for what is none. */
export function formTextOf(value: unknown): string | undefined {
  return isParams(value) ? serialiseForm(listOf(value)) : undefined;
}
/** The URL's query has changed. */
export const rereadParams = reread;
