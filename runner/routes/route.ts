import { METHODS as NODE_METHODS } from "node:http";
import { canonicalSegment } from "./path.ts";

/** Requests that a function answers: all that fit in every part. */
export interface Route {
  /** `api.example.com`, or `*.example.com` for every name below it; null is any host. */
  readonly host: string | null;
  /** Sorted; empty means any. `GET` takes `HEAD` too. */
  readonly methods: readonly string[];
  /** `/hello`, `/users/:id`, `/api/*` (the wildcard also matches `/api`). */
  readonly path: string;
  /** Of two routes that fit, the one with the higher number answers, however specific they are. */
  readonly priority: number;
}

/** Methods that a route may name; `fetch` can send no others. */
export const METHODS: readonly string[] = NODE_METHODS.filter((method) => !["CONNECT", "TRACE"].includes(method));
export const PRIORITY = { min: -1_000, max: 1_000 };
const PATH_CHARS_MAX = 512;
const HOST_CHARS_MAX = 253;

const TEXT = /^(?:([^/\s]+) +)?([^/\s]*)(\/\S*)$/;
const HOST = /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const SEGMENT = /^[A-Za-z0-9._~!$&'()+,;=@%-]+$/;
const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads `/x`, `api.example.com/x`, `GET /x` or `GET,POST api.example.com/x`; null when it has another shape. */
export function parseRoute(text: string): Route | null {
  const [, methods, host = "", path = ""] = TEXT.exec(text) ?? [];
  if (path === "") return null;
  return { host: host || null, methods: methods === undefined ? [] : methods.split(",").sort(), path, priority: 0 };
}

/** The route as people write it; its priority only when it has one. */
export function showRoute({ host, methods, path, priority }: Route): string {
  const where = `${host ?? ""}${path}`;
  const what = methods.length === 0 ? where : `${methods.join(",")} ${where}`;
  return priority === 0 ? what : `${what} (priority ${priority})`;
}

/** What is wrong with a route, as the end of a sentence; null when nothing is. */
export function routeFault({ host, methods, path }: Route): string | null {
  return (host === null ? null : hostFault(host)) ?? methodsFault(methods) ?? pathFault(path);
}

function hostFault(host: string): string | null {
  if (host.length > HOST_CHARS_MAX) return `has a host longer than ${HOST_CHARS_MAX} characters`;
  if (HOST.test(host)) return null;
  return `has the host ${host}, which is neither a lower-case name nor *. before one, without a port`;
}

function methodsFault(methods: readonly string[]): string | null {
  const unknown = methods.find((method) => !METHODS.includes(method));
  if (unknown !== undefined) return `has the method ${unknown}, which is none of GET, POST and so on in capitals`;
  return new Set(methods).size === methods.length ? null : "has a method twice";
}

function pathFault(path: string): string | null {
  if (path === "/") return null;
  if (!path.startsWith("/")) return "does not start with /";
  if (path.length > PATH_CHARS_MAX) return `is longer than ${PATH_CHARS_MAX} characters`;
  const segments = path.slice(1).split("/");
  const parameters = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    if (segment === "") return index === segments.length - 1 ? "ends with /" : "has an empty segment";
    if (["", ".", ".."].includes(canonicalSegment(segment))) return `has the segment ${segment}`;
    if (segment === "*") {
      if (index !== segments.length - 1) return "has * before its end";
    } else if (segment.startsWith(":")) {
      if (!PARAMETER.test(segment)) return `has ${segment}, which is not a parameter name`;
      if (parameters.has(segment)) return `has the parameter ${segment} twice`;
      parameters.add(segment);
    } else if (!SEGMENT.test(segment)) {
      return `has ${segment.includes("*") ? "* inside a segment" : `the segment ${JSON.stringify(segment)}`}`;
    }
  }
  return null;
}
