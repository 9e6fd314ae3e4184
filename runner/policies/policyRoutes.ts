import { type Claim, claimsOf, pathShape } from "../routes/conflicts.ts";
import { showRoute } from "../routes/route.ts";
import { specificityKey } from "../routes/specificity.ts";
import { type DoorFunction, entryOf, NONE } from "./doorFunction.ts";

/** Segments of a route of a function with policies or a split, or of one that competes with it: HAProxy has no loops, so its rules are written out. */
export const SEGMENTS_MAX = 12;
/** Steps of all routes together; each is a line in HAProxy's maps, some 200 bytes in its memory. */
export const STEPS_MAX = 50_000;
export class PolicyRouteError extends Error {
  override readonly name = "PolicyRouteError";
  /** The function whose routes are meant. */
  readonly owner: string;

  constructor(owner: string, message: string) {
    super(message);
    this.owner = owner;
  }
}

interface Ranked extends Claim {
  readonly rank: number;
  /** Of its function: policies, or an entry with more; `NONE` without either. */
  readonly policy: string;
}

interface Node {
  readonly literals: Map<string, Node>;
  parameter: Node | undefined;
  readonly here: Ranked[];
  readonly wildcard: Ranked[];
}

/**
 * Which policies a request has, as steps that HAProxy goes with a lookup each: from a host to a state, from state to state
 * by one segment of the path, and at its end by the method to a policy's id. The best route is known when the table is
 * made, by the router's own rule, so that no request is judged by another route than the one that answers it.
 */
export interface PolicyRoutes {
  /** State by exact host; `*` is every other host. `NONE` where no route of a host has policies. */
  readonly hosts: ReadonlyMap<string, string>;
  /** State by what a host ends with (`.example.com`), longest first. */
  readonly hostEnds: ReadonlyMap<string, string>;
  /** `<state>/<segment in hex>`, `<state>/` at the path's end, `<state>/*` for any other segment. */
  readonly steps: ReadonlyMap<string, string>;
  /** `<state>:<METHOD>` and `<state>:*` to a policy's id or `NONE`. */
  readonly ends: ReadonlyMap<string, string>;
}

/** Null when the door has nothing to do for any function. @throws PolicyRouteError naming route and remedy when HAProxy could not follow. */
export function policyRoutes(functions: readonly DoorFunction[]): PolicyRoutes | null {
  if (functions.every((known) => entryOf(known) === NONE)) return null;
  return new Steps(functions).routes;
}

/** Trees in which a request may be at the same time, and the wildcards that it has passed. */
interface State {
  readonly nodes: readonly Node[];
  readonly passed: readonly Ranked[];
}

class Steps {
  readonly #any: Node = newNode();
  readonly #exact = new Map<string, Node>();
  readonly #below = new Map<string, Node>();
  readonly #nodeIds = new Map<Node, number>();
  /** Name by content; null for a state from which no policies are reached. */
  readonly #states = new Map<string, string | null>();
  readonly #finals = new Map<string, string>();
  readonly #steps = new Map<string, string>();
  readonly #ends = new Map<string, string>();
  readonly routes: PolicyRoutes;

  constructor(functions: readonly DoorFunction[]) {
    for (const claim of ranked(functions)) this.#add(claim);
    const hosts = new Map<string, string>();
    const hostEnds = new Map<string, string>();
    const start = (nodes: readonly Node[]) => this.#state({ nodes, passed: [] }, 0) ?? NONE;
    const ends = [...this.#below.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const below = (name: string) => ends.filter((end) => name.endsWith(end)).map((end) => this.#below.get(end) as Node);
    for (const [host, node] of this.#exact) hosts.set(host, start([node, ...below(host), this.#any]));
    for (const end of ends) hostEnds.set(end, start([...below(end), this.#any]));
    hosts.set("*", start([this.#any]));
    this.routes = { hosts, hostEnds, steps: this.#steps, ends: this.#ends };
  }

  #add(claim: Ranked): void {
    const { host, path } = claim.route;
    const { segments, wildcard } = pathShape(path);
    let node = host === null ? this.#any : treeOf(host.startsWith("*.") ? this.#below : this.#exact, host);
    for (const segment of segments) {
      if (segment?.includes("%") === true) {
        throw new PolicyRouteError(
          claim.owner,
          `${showRoute(claim.route)} has an encoded slash, percent sign or byte that is no UTF-8, which the door cannot tell apart; ` +
            "use a parameter in its place, or take policies and splits out of the release",
        );
      }
      if (segment === null) node = node.parameter ??= newNode();
      else node = childOf(node, segment);
    }
    (wildcard ? node.wildcard : node.here).push(claim);
  }

  /** The state's name; null when no policies are reached from it. */
  #state(from: State, depth: number): string | null {
    const wildcards = from.nodes.flatMap(({ wildcard }) => wildcard);
    const passed = [...new Set([...from.passed, ...wildcards])].sort((a, b) => a.rank - b.rank);
    if (from.nodes.every(isLeaf)) return this.#leaf(from.nodes, passed);
    const key = `${from.nodes.map((node) => this.#idOf(node)).join(",")};${passed.map(({ rank }) => rank).join(",")}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const atEnd = this.#final([...passed, ...from.nodes.flatMap(({ here }) => here)]);
    const parameters = from.nodes.flatMap(({ parameter }) => parameter ?? []);
    const otherwise = this.#next(parameters, passed, depth);
    const segments = new Set(from.nodes.flatMap(({ literals }) => [...literals.keys()]));
    const literal = [...segments].map((segment) => {
      const children = from.nodes.flatMap(({ literals }) => literals.get(segment) ?? []);
      return [hexOf(segment), this.#next([...children, ...parameters], passed, depth)] as const;
    });
    const isLive = [atEnd, otherwise, ...literal.map(([, to]) => to)].some((to) => to !== null);
    if (isLive && depth >= SEGMENTS_MAX) this.#refuseDepth(from.nodes);
    const name = isLive ? `s${this.#states.size}` : null;
    this.#states.set(key, name);
    if (name === null) return null;
    this.#step(`${name}/`, atEnd ?? NONE);
    if (otherwise !== null) this.#step(`${name}/*`, otherwise);
    for (const [segment, to] of literal) {
      // What leads nowhere is left out, where nothing else would be taken for it.
      if (to !== null || otherwise !== null) this.#step(`${name}/${segment}`, to ?? NONE);
    }
    return name;
  }

  #next(nodes: readonly Node[], passed: readonly Ranked[], depth: number): string | null {
    return nodes.length === 0 ? this.#final(passed) : this.#state({ nodes, passed }, depth + 1);
  }

  /** Where the path may only end here: a step less than a state of its own where wildcards alone go on. */
  #leaf(nodes: readonly Node[], passed: readonly Ranked[]): string | null {
    const atEnd = this.#final([...passed, ...nodes.flatMap(({ here }) => here)]);
    const beyond = this.#final(passed);
    if (atEnd === beyond) return beyond;
    const key = `leaf;${atEnd};${beyond}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const name = `s${this.#states.size}`;
    this.#states.set(key, name);
    this.#step(`${name}/`, atEnd ?? NONE);
    if (beyond !== null) this.#step(`${name}/*`, beyond);
    return name;
  }

  /** The end of a way, by method; null when none of its routes has policies. */
  #final(candidates: readonly Ranked[]): string | null {
    const sorted = candidates.toSorted((a, b) => a.rank - b.rank);
    const methods = new Set(sorted.flatMap(({ route }) => route.methods));
    if (methods.has("GET")) methods.add("HEAD");
    const best = (method: string | null) => sorted.find(({ route }) => takes(route.methods, method))?.policy ?? NONE;
    const otherwise = best(null);
    const named = [...methods].sort().map((method) => [method, best(method)] as const);
    const ends = [["*", otherwise] as const, ...named.filter(([, policy]) => policy !== otherwise)];
    if (ends.every(([, policy]) => policy === NONE)) return null;
    const key = JSON.stringify(ends);
    const known = this.#finals.get(key);
    if (known !== undefined) return known;
    const name = `f${this.#finals.size}`;
    this.#finals.set(key, name);
    for (const [method, policy] of ends) this.#ends.set(`${name}:${method}`, policy);
    // Whatever is left of the path, the way has ended.
    this.#step(`${name}/*`, name);
    return name;
  }

  #step(from: string, to: string): void {
    this.#steps.set(from, to);
    if (this.#steps.size <= STEPS_MAX) return;
    throw new PolicyRouteError(
      "",
      `the routes of functions with policies or splits, and of those that compete with them, need more than ${STEPS_MAX} steps; ` +
        "give such functions a host or a first segment of their own",
    );
  }

  #refuseDepth(nodes: readonly Node[]): never {
    const claim = nodes.map(firstBelow).find((found) => found !== undefined);
    throw new PolicyRouteError(
      claim?.owner ?? "",
      `${claim === undefined ? "a route" : showRoute(claim.route)} has more than ${SEGMENTS_MAX} segments, the most where policies or splits are; end it in /*`,
    );
  }

  #idOf(node: Node): number {
    const id = this.#nodeIds.get(node) ?? this.#nodeIds.size;
    this.#nodeIds.set(node, id);
    return id;
  }
}

/** Segments stand in hex, so that whatever a client sends is a key and nothing else. */
export function hexOf(segment: string): string {
  return Buffer.from(segment).toString("hex").toUpperCase();
}

function ranked(functions: readonly DoorFunction[]): Ranked[] {
  const claims = functions.flatMap((known) => {
    const policy = entryOf(known);
    return claimsOf(known).map((claim) => ({ ...claim, policy, key: specificityKey(claim.route) }));
  });
  return claims
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ owner, route, policy }, rank) => ({ owner, route, policy, rank }));
}

/** @param method null for one that no route names. */
function takes(methods: readonly string[], method: string | null): boolean {
  if (methods.length === 0) return true;
  if (method === null) return false;
  return methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

function isLeaf({ literals, parameter }: Node): boolean {
  return literals.size === 0 && parameter === undefined;
}

function firstBelow(node: Node): Ranked | undefined {
  return (
    node.here[0] ??
    node.wildcard[0] ??
    [...node.literals.values(), ...(node.parameter === undefined ? [] : [node.parameter])]
      .map(firstBelow)
      .find((found) => found !== undefined)
  );
}

function treeOf(trees: Map<string, Node>, host: string): Node {
  const key = host.startsWith("*.") ? host.slice(1) : host;
  const tree = trees.get(key) ?? newNode();
  trees.set(key, tree);
  return tree;
}

function childOf({ literals }: Node, segment: string): Node {
  const child = literals.get(segment) ?? newNode();
  literals.set(segment, child);
  return child;
}

function newNode(): Node {
  return { literals: new Map(), parameter: undefined, here: [], wildcard: [] };
}
