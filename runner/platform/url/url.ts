import { defineInterface, needArguments, toUsvString } from "../webidl.ts";
import { parseUrl } from "./urlParser.ts";
import { hostAndPort, serialise, type UrlRecord } from "./urlRecord.ts";
import { rereadParams, searchParamsOf, type URLSearchParams } from "./urlSearchParams.ts";
import { SET } from "./urlSetters.ts";

/** In the place of a URL's text: the record is ready. */
const READY = Symbol("url");

/** https://url.spec.whatwg.org/#url-class */
export class URL {
  readonly #url: UrlRecord;
  #params: URLSearchParams | undefined;

  constructor(url: unknown, base: unknown = undefined) {
    if (url === READY) {
      this.#url = base as UrlRecord;
      return;
    }
    needArguments(arguments.length, 1, "new URL");
    const text = toUsvString(url);
    const record = parseWithBase(text, base);
    if (record === undefined) throw invalid(text);
    this.#url = record;
  }

  static parse(url: unknown, base: unknown = undefined): URL | null {
    needArguments(arguments.length, 1, "URL.parse");
    const record = parseWithBase(toUsvString(url), base);
    return record === undefined ? null : new URL(READY, record);
  }

  static canParse(url: unknown, base: unknown = undefined): boolean {
    needArguments(arguments.length, 1, "URL.canParse");
    return parseWithBase(toUsvString(url), base) !== undefined;
  }

  get href(): string {
    return serialise(this.#url);
  }
  set href(value: unknown) {
    this.#url;
    const text = toUsvString(value);
    Object.assign(this.#url, absoluteUrl(text));
    this.#reread();
  }

  get origin(): string {
    const { scheme, path } = this.#url;
    if (scheme === "blob:") {
      const inner = parseUrl(path);
      return inner?.scheme === "http:" || inner?.scheme === "https:"
        ? `${inner.scheme}//${hostAndPort(inner)}`
        : "null";
    }
    return TUPLE_ORIGINS.includes(scheme) ? `${scheme}//${hostAndPort(this.#url)}` : "null";
  }

  get protocol(): string {
    return this.#url.scheme;
  }
  set protocol(value: unknown) {
    SET.protocol(this.#url, toUsvString(value));
  }

  get username(): string {
    return this.#url.username;
  }
  set username(value: unknown) {
    SET.username(this.#url, toUsvString(value));
  }

  get password(): string {
    return this.#url.password;
  }
  set password(value: unknown) {
    SET.password(this.#url, toUsvString(value));
  }

  get host(): string {
    return hostAndPort(this.#url);
  }
  set host(value: unknown) {
    SET.host(this.#url, toUsvString(value));
  }

  get hostname(): string {
    return this.#url.host ?? "";
  }
  set hostname(value: unknown) {
    SET.hostname(this.#url, toUsvString(value));
  }

  get port(): string {
    return this.#url.port;
  }
  set port(value: unknown) {
    SET.port(this.#url, toUsvString(value));
  }

  get pathname(): string {
    return this.#url.path;
  }
  set pathname(value: unknown) {
    SET.pathname(this.#url, toUsvString(value));
  }

  get search(): string {
    const { query } = this.#url;
    return query === null || query === "" ? "" : `?${query}`;
  }
  set search(value: unknown) {
    SET.search(this.#url, toUsvString(value));
    this.#reread();
  }

  get searchParams(): URLSearchParams {
    const url = this.#url;
    this.#params ??= searchParamsOf(url);
    return this.#params;
  }

  get hash(): string {
    const { fragment } = this.#url;
    return fragment === null || fragment === "" ? "" : `#${fragment}`;
  }
  set hash(value: unknown) {
    SET.hash(this.#url, toUsvString(value));
  }

  toString(): string {
    return serialise(this.#url);
  }

  toJSON(): string {
    return serialise(this.#url);
  }

  #reread(): void {
    if (this.#params !== undefined) rereadParams(this.#params);
  }
}

defineInterface(URL, "URL");

const TUPLE_ORIGINS: readonly string[] = ["http:", "https:", "ws:", "wss:", "ftp:"];
/** Characters of a URL that an error shows. */
const SHOWN = 200;

function parseWithBase(text: string, base: unknown): UrlRecord | undefined {
  if (base === undefined) return parseUrl(text);
  const record = parseUrl(toUsvString(base));
  return record === undefined ? undefined : parseUrl(text, record);
}

/** The URL that a text is by itself. @throws TypeError */
export function absoluteUrl(text: string): UrlRecord {
  const record = parseUrl(text);
  if (record === undefined) throw invalid(text);
  return record;
}

function invalid(text: string): TypeError {
  return new TypeError(`Invalid URL: ${JSON.stringify(text.slice(0, SHOWN))}`);
}
