import { atOnce } from "../inTurns.ts";
import { canonicalSegment } from "./path.ts";
import type { Route } from "./route.ts";

/** A route and the function that it belongs to. */
export interface Claim {
  readonly owner: string;
  readonly route: Route;
}

/** Two routes of which neither is the more specific one for some request. */
export interface Conflict {
  readonly claim: Claim;
  readonly taken: Claim;
}

/** A path's segments, decoded; null for a parameter, whose name does not matter. */
export interface PathShape {
  readonly segments: readonly (string | null)[];
  readonly wildcard: boolean;
}

export function pathShape(path: string): PathShape {
  const raw = path.split("/").filter((segment) => segment !== "");
  const wildcard = raw.at(-1) === "*";
  if (wildcard) raw.pop();
  return { segments: raw.map((segment) => (segment.startsWith(":") ? null : canonicalSegment(segment))), wildcard };
}

/** Every claim on what an earlier one has: the same host and paths, a method in common, and the same priority. */
export function conflictsOf(claims: Iterable<Claim>): Conflict[] {
  return atOnce(conflictSteps(claims));
}

/** The same, claim by claim. */
export function* conflictSteps(claims: Iterable<Claim>): Generator<undefined, Conflict[]> {
  const taken = new Map<string, Claim>();
  const conflicts: Conflict[] = [];
  for (const claim of claims) {
    const keys = keysOf(claim.route);
    const found = keys.map((key) => taken.get(key)).find((other) => other !== undefined);
    if (found !== undefined) conflicts.push({ claim, taken: found });
    else for (const key of keys) taken.set(key, claim);
    yield;
  }
  return conflicts;
}

/** The routes of one function. */
export function claimsOf({ name: owner, routes }: { name: string; routes: readonly Route[] }): Claim[] {
  return routes.map((route) => ({ owner, route }));
}

/** Equal keys for equal requests; a path has no character 0, so a literal is never taken for a parameter. */
function keysOf({ host, methods, path, priority }: Route): string[] {
  const { segments, wildcard } = pathShape(path);
  const shape = segments.map((segment) => segment ?? "\0").join("/");
  const where = `${priority}\n${host ?? ""}\n${shape}\n${wildcard ? "*" : ""}`;
  return methods.length === 0 ? [where] : methods.map((method) => `${where}\n${method}`);
}
