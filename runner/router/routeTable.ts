import { pathSegments } from "./path.ts";

const PARAMETER = /^:[A-Za-z_][A-Za-z0-9_]*$/;

export interface RoutePattern<T> {
  readonly pattern: string;
  readonly target: T;
  /** Who owns the target; two owners of one pattern are a conflict. */
  readonly owner: string;
}

export interface RouteMatch<T> {
  readonly pattern: string;
  readonly target: T;
}

/** A pattern is malformed, or two functions claim the same paths. */
export class RouteError extends Error {
  override readonly name = "RouteError";
  readonly code: "ERR_ROUTE_PATTERN" | "ERR_ROUTE_CONFLICT";
  readonly owner: string;

  constructor(code: RouteError["code"], owner: string, message: string) {
    super(message);
    this.code = code;
    this.owner = owner;
  }
}

interface Leaf<T> extends RouteMatch<T> {
  readonly owner: string;
}

interface Node<T> {
  readonly literal: Map<string, Node<T>>;
  parameter: Node<T> | undefined;
  here: Leaf<T> | undefined;
  wildcard: Leaf<T> | undefined;
}

/**
 * Routes in a tree of path segments. At each segment a literal beats a parameter and a parameter beats a wildcard; the
 * longest prefix wins. `/api/*` also matches `/api`.
 */
export class RouteTable<T> {
  readonly #root = newNode<T>();

  /** @throws RouteError */
  constructor(routes: Iterable<RoutePattern<T>>) {
    for (const route of routes) this.#add(route);
  }

  match(pathname: string): RouteMatch<T> | undefined {
    return find(this.#root, pathSegments(pathname), 0);
  }

  #add({ pattern, target, owner }: RoutePattern<T>): void {
    const { segments, wildcard } = parsePattern(pattern, owner);
    let node = this.#root;
    for (const segment of segments) {
      if (segment.startsWith(":")) {
        node.parameter ??= newNode();
        node = node.parameter;
      } else {
        const next = node.literal.get(segment) ?? newNode();
        node.literal.set(segment, next);
        node = next;
      }
    }
    const taken = wildcard ? node.wildcard : node.here;
    if (taken !== undefined && taken.owner !== owner) {
      throw new RouteError(
        "ERR_ROUTE_CONFLICT",
        owner,
        `the route ${pattern} of ${owner} matches the same paths as ${taken.pattern} of ${taken.owner}; change one of them`,
      );
    }
    const leaf = { pattern, target, owner };
    if (wildcard) node.wildcard = leaf;
    else node.here = leaf;
  }
}

function find<T>(node: Node<T>, segments: readonly string[], at: number): Leaf<T> | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.here ?? node.wildcard;
  const literal = node.literal.get(segment);
  const exact = literal === undefined ? undefined : find(literal, segments, at + 1);
  if (exact !== undefined) return exact;
  const parameter = node.parameter === undefined ? undefined : find(node.parameter, segments, at + 1);
  return parameter ?? node.wildcard;
}

function parsePattern(pattern: string, owner: string): { segments: string[]; wildcard: boolean } {
  const wrong = (why: string) => new RouteError("ERR_ROUTE_PATTERN", owner, `the route ${pattern} of ${owner} ${why}`);
  if (!pattern.startsWith("/")) throw wrong("must start with /");
  const wildcard = pattern.endsWith("/*");
  const segments = pathSegments(wildcard ? pattern.slice(0, -1) : pattern);
  const names = new Set<string>();
  for (const segment of segments) {
    if (segment.includes("*")) throw wrong("has a * that is not its last segment");
    if (!segment.startsWith(":")) continue;
    if (!PARAMETER.test(segment))
      throw wrong(`has a parameter ${segment}: a name is a letter or _, then letters, digits or _`);
    if (names.has(segment)) throw wrong(`names the parameter ${segment} twice`);
    names.add(segment);
  }
  return { segments, wildcard };
}

function newNode<T>(): Node<T> {
  return { literal: new Map(), parameter: undefined, here: undefined, wildcard: undefined };
}
