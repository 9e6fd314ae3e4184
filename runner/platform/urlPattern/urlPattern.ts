import { parseUrl } from "../url/urlParser.ts";
import { defaultPort, type UrlRecord } from "../url/urlRecord.ts";
import { defineInterface, isObject, toDictionary, toUsvString } from "../webidl.ts";
import { CANONICAL, isSpecialProtocol } from "./canonical.ts";
import { type Component, type ComponentResult, compile, match } from "./component.ts";
import { parseConstructorString } from "./constructorString.ts";
import {
  COMPONENTS,
  type ComponentName,
  type PatternInit,
  partsOf,
  processInit,
  toPatternInit,
} from "./patternInit.ts";
import type { PatternOptions } from "./patternParser.ts";

const PLAIN: PatternOptions = { delimiter: "", prefix: "", ignoreCase: false };
const HOSTNAME: PatternOptions = { delimiter: ".", prefix: "", ignoreCase: false };
const PATHNAME: PatternOptions = { delimiter: "/", prefix: "/", ignoreCase: false };
const SPECIAL_SCHEMES = ["http", "https", "ws", "wss", "ftp", "file"];

type Compiled = Readonly<Record<ComponentName, Component>>;
type Input = string | PatternInit;
interface PatternResult extends Record<ComponentName, ComponentResult> {
  readonly inputs: readonly Input[];
}

/** The URL Pattern Standard's URLPattern. */
export class URLPattern {
  readonly #components: Compiled;

  constructor(input: unknown = undefined, baseURL: unknown = undefined, options: unknown = undefined) {
    // The second form has no base: its second argument is the options.
    const hasBase = arguments.length > 2 || (baseURL !== undefined && !isObject(baseURL) && baseURL !== null);
    const given = toInput(input);
    const base = hasBase ? toUsvString(baseURL) : undefined;
    const { ignoreCase } = toDictionary(hasBase ? options : baseURL, "The options of a URLPattern");
    this.#components = compileAll(initOf(given, base), Boolean(ignoreCase));
  }

  test(input: unknown = undefined, baseURL: unknown = undefined): boolean {
    return execute(this.#components, input, baseURL) !== null;
  }
  exec(input: unknown = undefined, baseURL: unknown = undefined): PatternResult | null {
    return execute(this.#components, input, baseURL);
  }
  get protocol(): string {
    return this.#components.protocol.text;
  }
  get username(): string {
    return this.#components.username.text;
  }
  get password(): string {
    return this.#components.password.text;
  }
  get hostname(): string {
    return this.#components.hostname.text;
  }
  get port(): string {
    return this.#components.port.text;
  }
  get pathname(): string {
    return this.#components.pathname.text;
  }
  get search(): string {
    return this.#components.search.text;
  }
  get hash(): string {
    return this.#components.hash.text;
  }
  get hasRegExpGroups(): boolean {
    return COMPONENTS.some((name) => this.#components[name].hasRegExpGroups);
  }
}

defineInterface(URLPattern, "URLPattern");

function toInput(value: unknown): Input {
  return value === undefined || value === null || isObject(value) ? toPatternInit(value) : toUsvString(value);
}

function initOf(input: Input, base: string | undefined): PatternInit {
  if (typeof input !== "string") {
    if (base !== undefined) throw new TypeError("A URLPattern from an object has its base in that object, as baseURL");
    return input;
  }
  const init = parseConstructorString(input, (protocol) =>
    matchesSpecial(compile(protocol, PLAIN, CANONICAL.protocol)),
  );
  if (base !== undefined) return { ...init, baseURL: base };
  if (init.protocol === undefined)
    throw new TypeError(`The pattern ${JSON.stringify(input)} is relative: it needs a base URL`);
  return init;
}

function matchesSpecial({ regExp }: Component): boolean {
  return SPECIAL_SCHEMES.some((scheme) => regExp.test(scheme));
}

function compileAll(init: PatternInit, ignoreCase: boolean): Compiled {
  const parts = processInit(init, "pattern");
  for (const name of COMPONENTS) parts[name] ??= "*";
  const { protocol, username, password, hostname, port, pathname, search, hash } = parts as Record<
    ComponentName,
    string
  >;
  const isDefaultPort = isSpecialProtocol(protocol) && port !== "" && port === defaultPort(`${protocol}:`);
  const isIpv6 = /^(?:\[|[{\\]\[)/.test(hostname);
  const plain = { ...PLAIN, ignoreCase };
  const compiledProtocol = compile(protocol, PLAIN, CANONICAL.protocol);
  return {
    protocol: compiledProtocol,
    username: compile(username, PLAIN, CANONICAL.userinfo),
    password: compile(password, PLAIN, CANONICAL.userinfo),
    hostname: compile(hostname, HOSTNAME, isIpv6 ? CANONICAL.ipv6Hostname : CANONICAL.hostname),
    port: compile(isDefaultPort ? "" : port, PLAIN, (text) => CANONICAL.port(text)),
    pathname: matchesSpecial(compiledProtocol)
      ? compile(pathname, { ...PATHNAME, ignoreCase }, CANONICAL.pathname)
      : compile(pathname, plain, CANONICAL.opaquePathname),
    search: compile(search, plain, CANONICAL.search),
    hash: compile(hash, plain, CANONICAL.hash),
  };
}

function execute(components: Compiled, input: unknown, baseURL: unknown): PatternResult | null {
  const given = toInput(input);
  const base = baseURL === undefined ? undefined : toUsvString(baseURL);
  const parts = inputParts(given, base);
  if (parts === undefined) return null;
  const result = { inputs: base === undefined ? [given] : [given, base] } as { inputs: Input[] } & PatternResult;
  for (const name of COMPONENTS) {
    const found = match(components[name], parts[name] as string);
    if (found === undefined) return null;
    result[name] = found;
  }
  return result;
}

/** Undefined when the input is no URL. */
function inputParts(input: Input, base: string | undefined): PatternInit | undefined {
  if (typeof input !== "string") {
    if (base !== undefined) throw new TypeError("An object has its base in it, as baseURL");
    try {
      return processInit(input, "url");
    } catch {
      return undefined;
    }
  }
  const from = base === undefined ? undefined : parseUrl(base);
  if (base !== undefined && from === undefined) return undefined;
  const record: UrlRecord | undefined = parseUrl(input, from);
  return record && partsOf(record);
}
