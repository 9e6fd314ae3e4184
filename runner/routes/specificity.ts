import type { Route } from "./route.ts";

/**
 * The one rule of which route answers when several fit: the one whose key sorts first. In this order,
 *
 * 1. the higher priority;
 * 2. an exact host, then the longest wildcard host, then none;
 * 3. segment by segment a literal, then a parameter, then the path's end, then the wildcard;
 * 4. named methods before none; for `HEAD`, a route that names it before one that names `GET` alone.
 *
 * Two routes with equal keys fit no common request, or are a conflict.
 */
export function specificityKey({ priority, host, path, methods }: Route): string {
  return `${digits(10_000 - priority)}${hostRank(host)}${pathRank(path)}${methodsRank(methods)}`;
}

function hostRank(host: string | null): string {
  if (host === null) return digits(10_000);
  return digits(host.startsWith("*.") ? 1_000 - host.length : 0);
}

function pathRank(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const kinds = segments.map((segment) => (segment === "*" ? "3" : segment.startsWith(":") ? "1" : "0"));
  return segments.at(-1) === "*" ? kinds.join("") : `${kinds.join("")}2`;
}

function methodsRank(methods: readonly string[]): string {
  if (methods.length === 0) return "2";
  return methods.includes("HEAD") ? "0" : "1";
}

function digits(number: number): string {
  return `${number}`.padStart(5, "0");
}
