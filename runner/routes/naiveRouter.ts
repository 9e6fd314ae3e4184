import { canonicalPath } from "./path.ts";
import type { Route } from "./route.ts";

/** The rules of docs/routing.md written down one by one, for tests and benchmarks to compare with: every route is looked at. */
export class NaiveRouter<T extends { readonly route: Route }> {
  readonly #routes: readonly { readonly entry: T; readonly path: RegExp }[];

  constructor(routes: readonly T[]) {
    this.#routes = routes.map((entry) => ({ entry, path: pathPattern(entry.route.path) }));
  }

  match(method: string, host: string, pathname: string): T | undefined {
    const path = canonicalPath(pathname);
    let best: T | undefined;
    for (const { entry, path: pattern } of this.#routes) {
      const { route } = entry;
      if (!takesHost(route, host) || !takesMethod(route, method) || !pattern.test(path)) continue;
      if (best === undefined || comesBefore(route, best.route, method)) best = entry;
    }
    return best;
  }

  methodsAt(host: string, pathname: string): string[] {
    const path = canonicalPath(pathname);
    const fitting = this.#routes.filter(
      ({ entry, path: pattern }) => takesHost(entry.route, host) && pattern.test(path),
    );
    const methods = new Set(fitting.flatMap(({ entry }) => entry.route.methods));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  }
}

function takesHost({ host }: Route, name: string): boolean {
  if (host === null || host === name) return true;
  return host.startsWith("*.") && name.endsWith(host.slice(1)) && name.length >= host.length;
}

function takesMethod({ methods }: Route, method: string): boolean {
  return methods.length === 0 || methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

function pathPattern(path: string): RegExp {
  const source = canonicalPath(path)
    .split("/")
    .slice(1)
    .map((segment) => {
      if (segment === "*") return "(?:/.*)?";
      if (segment.startsWith(":")) return "/[^/]+";
      return `/${segment.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}`;
    });
  return new RegExp(path === "/" ? "^/$" : `^${source.join("")}/?$`, "s");
}

function comesBefore(a: Route, b: Route, method: string): boolean {
  if (a.priority !== b.priority) return a.priority > b.priority;
  if (a.host !== b.host) return hostStrength(a) > hostStrength(b);
  const [mine = [], theirs = []] = [a, b].map(({ path }) => path.split("/").slice(1));
  for (let index = 0; index < Math.max(mine.length, theirs.length); index++) {
    const difference = segmentStrength(mine[index] ?? "") - segmentStrength(theirs[index] ?? "");
    if (difference !== 0) return difference > 0;
  }
  return methodStrength(a, method) > methodStrength(b, method);
}

function hostStrength({ host }: Route): number {
  if (host === null) return 0;
  return host.startsWith("*.") ? host.length : 1_000;
}

/** A path that ends beats one whose wildcard begins there. */
function segmentStrength(segment: string): number {
  if (segment === "*") return 0;
  if (segment === "") return 1;
  return segment.startsWith(":") ? 2 : 3;
}

function methodStrength({ methods }: Route, method: string): number {
  if (methods.includes(method)) return 2;
  return methods.length > 0 ? 1 : 0;
}
