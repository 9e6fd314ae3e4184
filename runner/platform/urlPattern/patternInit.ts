import { parseUrl } from "../url/urlParser.ts";
import type { UrlRecord } from "../url/urlRecord.ts";
import { isObject, toUsvString } from "../webidl.ts";
import { CANONICAL, isSpecialProtocol } from "./canonical.ts";
import { escapePattern } from "./patternText.ts";

export const COMPONENTS = [
  "protocol",
  "username",
  "password",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;
export type ComponentName = (typeof COMPONENTS)[number];
export type PatternInit = { -readonly [Name in ComponentName | "baseURL"]?: string };

/** In Web IDL's order. */
const MEMBERS = [
  "baseURL",
  "hash",
  "hostname",
  "password",
  "pathname",
  "port",
  "protocol",
  "search",
  "username",
] as const;

/** The dictionary. @throws TypeError */
export function toPatternInit(value: unknown): PatternInit {
  const init: PatternInit = {};
  if (value === undefined || value === null) return init;
  if (!isObject(value)) throw new TypeError("A URLPattern takes text or an object");
  for (const name of MEMBERS) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) init[name] = toUsvString(member);
  }
  return init;
}

/** The parts of a URL, without what divides them. */
export function partsOf({
  scheme,
  username,
  password,
  host,
  port,
  path,
  query,
  fragment,
}: UrlRecord): Record<ComponentName, string> {
  const protocol = scheme.slice(0, -1);
  return {
    protocol,
    username,
    password,
    hostname: host ?? "",
    port,
    pathname: path,
    search: query ?? "",
    hash: fragment ?? "",
  };
}

/** A component is taken from the base unless one of these was given, or itself. */
const BEFORE: Readonly<Record<ComponentName, readonly ComponentName[]>> = {
  protocol: ["protocol"],
  username: ["protocol", "hostname", "port", "username"],
  password: ["protocol", "hostname", "port", "username", "password"],
  hostname: ["protocol", "hostname"],
  port: ["protocol", "hostname", "port"],
  pathname: ["protocol", "hostname", "port", "pathname"],
  search: ["protocol", "hostname", "port", "pathname", "search"],
  hash: ["protocol", "hostname", "port", "pathname", "search", "hash"],
};

/** The URL Pattern Standard's "process a URLPatternInit". @throws TypeError */
export function processInit(init: PatternInit, kind: "pattern" | "url"): PatternInit {
  const isPattern = kind === "pattern";
  const result: PatternInit = {};
  if (!isPattern) for (const name of COMPONENTS) result[name] = "";
  const base = init.baseURL === undefined ? undefined : parseUrl(init.baseURL);
  if (init.baseURL !== undefined && base === undefined) throw new TypeError("baseURL is no URL");
  const inherit = (text: string) => (isPattern ? escapePattern(text) : text);
  if (base !== undefined) {
    const parts = partsOf(base);
    for (const name of COMPONENTS) {
      if (isPattern && (name === "username" || name === "password")) continue;
      if (!BEFORE[name].some((other) => init[other] !== undefined)) result[name] = inherit(parts[name]);
    }
  }
  const given: PatternInit = { ...init };
  if (given.protocol !== undefined) given.protocol = given.protocol.replace(/:$/, "");
  if (given.search !== undefined) given.search = given.search.replace(/^\?/, "");
  if (given.hash !== undefined) given.hash = given.hash.replace(/^#/, "");
  if (given.pathname !== undefined && base !== undefined && !base.isOpaque && !isAbsolute(given.pathname, isPattern)) {
    const path = inherit(base.path);
    given.pathname = path.slice(0, path.lastIndexOf("/") + 1) + given.pathname;
  }
  for (const name of COMPONENTS) {
    const value = given[name];
    if (value !== undefined) result[name] = isPattern ? value : canonical(name, value, result.protocol ?? "");
  }
  return result;
}

function isAbsolute(path: string, isPattern: boolean): boolean {
  return path.startsWith("/") || (isPattern && (path.startsWith("\\/") || path.startsWith("{/")));
}

function canonical(name: ComponentName, value: string, protocol: string): string {
  switch (name) {
    case "username":
    case "password":
      return CANONICAL.userinfo(value);
    case "port":
      return CANONICAL.port(value, protocol);
    case "pathname":
      return protocol === "" || isSpecialProtocol(protocol)
        ? CANONICAL.pathname(value)
        : CANONICAL.opaquePathname(value);
    default:
      return CANONICAL[name](value);
  }
}
