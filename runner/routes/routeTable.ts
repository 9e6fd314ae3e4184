import { atOnce, inTurns } from "../inTurns.ts";
import { type Claim, conflictSteps, pathShape } from "./conflicts.ts";
import { canonicalPath } from "./path.ts";
import { showRoute } from "./route.ts";
import { conflictError, RouteError } from "./routeError.ts";
import { specificityKey } from "./specificity.ts";

export interface TableRoute<T> extends Claim {
  readonly target: T;
}

/**
 * Nodes of the tree that the worst request may visit. Where literals stand beside parameters at many places in a row, it is
 * two to the power of these places; tables of people stay below a hundred.
 */
export const STEPS_MAX = 1_000;
const HOST_CHARS_MAX = 253;
/** After every rank; V8 keeps an integer of 31 bits in its place, where it would box an infinity. */
const NO_RANK = 2 ** 30 - 1;

interface Entry<T> extends TableRoute<T> {
  /** Lower answers first. */
  readonly rank: number;
}

/** Routes of one host and path. */
interface Leaf<T> {
  /** The first for each method that is named; undefined when none is. */
  named: Map<string, Entry<T>> | undefined;
  any: Entry<T> | undefined;
}

interface Node<T> {
  /** Most nodes have none, and a map is large. */
  literals: Map<string, Node<T>> | undefined;
  parameter: Node<T> | undefined;
  here: Leaf<T> | undefined;
  wildcard: Leaf<T> | undefined;
  /** The first rank at or below this node: what ranks before it need not look further. */
  firstRank: number;
}

/** A tree of path segments per host; the route with the first rank of all that fit is the match. */
export class RouteTable<T> {
  readonly #hosts = new Map<string, Node<T>>();
  /** By what follows the `*`: `.example.com`. */
  readonly #wildcardHosts = new Map<string, Node<T>>();
  readonly #anyHost: Node<T> = newNode();
  #depth = 0;
  // One search at a time, so that a match allocates nothing but the path's segments.
  readonly #segments: string[] = [];
  #segmentCount = 0;
  #method = "";
  #best: Entry<T> | undefined;
  #bestRank = NO_RANK;
  #steps = 0;

  /** @throws RouteError */
  constructor(routes: Iterable<TableRoute<T>>) {
    atOnce(this.#build(routes));
  }

  /** The same, other work between: ten thousand routes take a tenth of a second. @throws RouteError */
  static async inTurns<T>(routes: Iterable<TableRoute<T>>): Promise<RouteTable<T>> {
    const table = new RouteTable<T>([]);
    await inTurns(table.#build(routes));
    return table;
  }

  *#build(routes: Iterable<TableRoute<T>>): Generator<undefined, void> {
    const sorted = [...routes]
      .map((route) => ({ ...route, key: specificityKey(route.route) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    yield;
    const [conflict] = yield* conflictSteps(sorted);
    if (conflict !== undefined) throw conflictError(conflict);
    for (const [rank, { key: _, ...route }] of sorted.entries()) {
      this.#add({ ...route, rank });
      yield;
    }
    this.#refuseCost(sorted);
  }

  /**
   * @param method in capitals.
   * @param host in lower case, without a port.
   * @param pathname of the URL, as it was sent.
   */
  match(method: string, host: string, pathname: string): TableRoute<T> | undefined {
    this.#method = method;
    this.#best = undefined;
    this.#bestRank = NO_RANK;
    this.#steps = 0;
    this.#split(canonicalPath(pathname));
    if (this.#hosts.size > 0 || this.#wildcardHosts.size > 0) {
      for (const tree of this.#hostTrees(host)) this.#search(tree, 0);
    }
    this.#search(this.#anyHost, 0);
    return this.#best;
  }

  /** Methods that routes for this host and path name, sorted; empty when the path has no route at all. */
  methodsAt(host: string, pathname: string): string[] {
    this.#split(canonicalPath(pathname));
    const methods = new Set<string>();
    for (const tree of [...this.#hostTrees(host), this.#anyHost]) this.#collect(tree, 0, methods);
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  }

  /** Nodes that the last match visited. */
  get steps(): number {
    return this.#steps;
  }

  #split(path: string): void {
    let count = 0;
    // What is deeper than every route cannot tell them apart.
    for (let at = 1; at < path.length && count <= this.#depth; count++) {
      const slash = path.indexOf("/", at);
      const end = slash === -1 ? path.length : slash;
      this.#segments[count] = path.slice(at, end);
      at = end + 1;
    }
    this.#segmentCount = count;
  }

  #search(node: Node<T>, depth: number): void {
    if (node.firstRank >= this.#bestRank) return;
    this.#steps++;
    if (depth === this.#segmentCount) {
      if (node.here !== undefined) this.#consider(node.here);
    } else {
      const literal = node.literals?.get(this.#segments[depth] as string);
      if (literal !== undefined) this.#search(literal, depth + 1);
      if (node.parameter !== undefined) this.#search(node.parameter, depth + 1);
    }
    if (node.wildcard !== undefined) this.#consider(node.wildcard);
  }

  #consider({ named, any }: Leaf<T>): void {
    if (named !== undefined) {
      this.#take(named.get(this.#method));
      if (this.#method === "HEAD") this.#take(named.get("GET"));
    }
    this.#take(any);
  }

  #take(entry: Entry<T> | undefined): void {
    if (entry === undefined || entry.rank >= this.#bestRank) return;
    this.#best = entry;
    this.#bestRank = entry.rank;
  }

  #collect(node: Node<T>, depth: number, methods: Set<string>): void {
    for (const method of node.wildcard?.named?.keys() ?? []) methods.add(method);
    if (depth === this.#segmentCount) {
      for (const method of node.here?.named?.keys() ?? []) methods.add(method);
      return;
    }
    const literal = node.literals?.get(this.#segments[depth] as string);
    if (literal !== undefined) this.#collect(literal, depth + 1, methods);
    if (node.parameter !== undefined) this.#collect(node.parameter, depth + 1, methods);
  }

  /** Trees of routes that name this host, the most specific first. */
  #hostTrees(host: string): readonly Node<T>[] {
    if (host.length > HOST_CHARS_MAX) return [];
    const name = host.endsWith(".") ? host.slice(0, -1) : host;
    const exact = this.#hosts.get(name);
    const trees = exact === undefined ? [] : [exact];
    if (this.#wildcardHosts.size === 0) return trees;
    for (let dot = name.indexOf(".", 1); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      const wildcard = this.#wildcardHosts.get(name.slice(dot));
      if (wildcard !== undefined) trees.push(wildcard);
    }
    return trees;
  }

  #add(entry: Entry<T>): void {
    const { segments, wildcard } = pathShape(entry.route.path);
    this.#depth = Math.max(this.#depth, segments.length);
    let node = this.#treeFor(entry.route.host);
    node.firstRank = Math.min(node.firstRank, entry.rank);
    for (const segment of segments) {
      node = segment === null ? parameterOf(node) : literalOf(node, segment);
      node.firstRank = Math.min(node.firstRank, entry.rank);
    }
    const leaf: Leaf<T> = (wildcard ? node.wildcard : node.here) ?? { named: undefined, any: undefined };
    if (wildcard) node.wildcard = leaf;
    else node.here = leaf;
    // Entries come in the order of their ranks: the first stays.
    if (entry.route.methods.length === 0) leaf.any ??= entry;
    for (const method of entry.route.methods) {
      leaf.named ??= new Map();
      if (!leaf.named.has(method)) leaf.named.set(method, entry);
    }
  }

  #treeFor(host: string | null): Node<T> {
    if (host === null) return this.#anyHost;
    return host.startsWith("*.") ? treeAt(this.#wildcardHosts, host.slice(1)) : treeAt(this.#hosts, host);
  }

  #refuseCost(routes: readonly Claim[]): void {
    const costs = new Map<Node<T>, number>();
    const costOf = (tree: Node<T>) => {
      const cost = costs.get(tree) ?? worstSteps(tree);
      costs.set(tree, cost);
      return cost;
    };
    const names = ["", ...this.#hosts.keys(), ...[...this.#wildcardHosts.keys()].map((suffix) => `x${suffix}`)];
    for (const name of names) {
      const steps = [...this.#hostTrees(name), this.#anyHost].reduce((sum, tree) => sum + costOf(tree), 0);
      if (steps <= STEPS_MAX) continue;
      const deepest = routes.reduce((a, b) => (parameterCount(a) >= parameterCount(b) ? a : b));
      throw new RouteError(
        "ERR_ROUTE_COST",
        deepest.owner,
        `a request could take ${steps} steps to match, the most is ${STEPS_MAX}: too many routes have a parameter where others ` +
          `have a literal, at many places in a row, as ${showRoute(deepest.route)} of ${deepest.owner}; end such routes in /*`,
      );
    }
  }
}

/** Why no table can be made of these claims; undefined when one can. */
export function tableFault(claims: readonly Claim[]): RouteError | undefined {
  try {
    new RouteTable(claims.map((claim) => ({ ...claim, target: undefined })));
  } catch (error) {
    if (error instanceof RouteError) return error;
    throw error;
  }
  return undefined;
}

/** Nodes that the worst path visits: at each one literal child at most, and the parameter. */
function worstSteps<T>({ literals, parameter }: Node<T>): number {
  const literal = [...(literals?.values() ?? [])].reduce((worst, child) => Math.max(worst, worstSteps(child)), 0);
  return 1 + literal + (parameter === undefined ? 0 : worstSteps(parameter));
}

function parameterCount({ route }: Claim): number {
  return pathShape(route.path).segments.filter((segment) => segment === null).length;
}

function parameterOf<T>(node: Node<T>): Node<T> {
  node.parameter ??= newNode();
  return node.parameter;
}

function literalOf<T>(node: Node<T>, segment: string): Node<T> {
  node.literals ??= new Map();
  return treeAt(node.literals, segment);
}

function treeAt<T>(trees: Map<string, Node<T>>, key: string): Node<T> {
  let tree = trees.get(key);
  if (tree === undefined) {
    tree = newNode();
    trees.set(key, tree);
  }
  return tree;
}

function newNode<T>(): Node<T> {
  return {
    literals: undefined,
    parameter: undefined,
    here: undefined,
    wildcard: undefined,
    firstRank: NO_RANK,
  };
}
