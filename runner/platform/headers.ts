import type { HeaderList } from "../protocol/messages.ts";

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = /[\0\r\n]/;
const EDGES = /^[\t\n\r ]+|[\t\n\r ]+$/g;

export type HeadersInit = Headers | Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

function checkedName(name: unknown): string {
  const text = `${name}`;
  if (!TOKEN.test(text)) throw new TypeError(`Header name ${JSON.stringify(text.slice(0, 64))} is not a valid token`);
  return text.toLowerCase();
}

function checkedValue(value: unknown): string {
  const text = `${value}`.replace(EDGES, "");
  if (FORBIDDEN.test(text)) throw new TypeError("A header value must not contain line breaks or NUL");
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) > 255) throw new TypeError("A header value must consist of characters up to U+00FF");
  }
  return text;
}

let rawList: (headers: Headers) => [string, string][];

export class Headers {
  #values = new Map<string, string[]>();

  static {
    rawList = (headers) => {
      const list: [string, string][] = [];
      for (const [name, values] of headers.#values) for (const value of values) list.push([name, value]);
      return list;
    };
  }

  constructor(init?: HeadersInit | null) {
    if (init === undefined || init === null) return;
    if (typeof init !== "object") throw new TypeError("Headers takes an object, a list of pairs or Headers");
    if (init instanceof Headers) {
      for (const [name, value] of rawList(init)) this.append(name, value);
    } else if (Symbol.iterator in init) {
      for (const pair of init as Iterable<readonly [string, string]>) {
        const [name, value, ...rest] = [...pair];
        if (value === undefined || rest.length > 0) throw new TypeError("Each header must be a pair of name and value");
        this.append(name as string, value);
      }
    } else {
      for (const [name, value] of Object.entries(init)) this.append(name, value);
    }
  }

  append(name: string, value: string): void {
    const key = checkedName(name);
    const clean = checkedValue(value);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [clean]);
    else values.push(clean);
  }
  delete(name: string): void {
    this.#values.delete(checkedName(name));
  }
  get(name: string): string | null {
    return this.#values.get(checkedName(name))?.join(", ") ?? null;
  }
  has(name: string): boolean {
    return this.#values.has(checkedName(name));
  }
  set(name: string, value: string): void {
    this.#values.set(checkedName(name), [checkedValue(value)]);
  }
  getSetCookie(): string[] {
    return [...(this.#values.get("set-cookie") ?? [])];
  }
  forEach(callback: (value: string, name: string, headers: Headers) => void, receiver?: unknown): void {
    for (const [name, value] of this) callback.call(receiver, value, name, this);
  }
  *entries(): IterableIterator<[string, string]> {
    for (const name of [...this.#values.keys()].sort()) {
      const values = this.#values.get(name) ?? [];
      if (name === "set-cookie") for (const value of values) yield [name, value];
      else yield [name, values.join(", ")];
    }
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name;
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
  get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

/** The headers as they travel: repeated ones apart. */
export function headerList(headers: Headers): HeaderList {
  return rawList(headers);
}
