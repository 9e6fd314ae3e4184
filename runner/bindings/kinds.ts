/** An operation of a binding. */
interface OperationRule {
  /** The outside can see it: a request that has begun one is not run again after its worker was lost. */
  readonly writes: boolean;
}

interface KindRule {
  /** What the name in the stack config stands for; null for what every function has without naming it. */
  readonly resource: string | null;
  /** Closed: their names are labels of metrics. */
  readonly operations: Readonly<Record<string, OperationRule>>;
}

const READS = { writes: false };
const WRITES = { writes: true };

/** What a function can have behind `env`, and behind `caches`. The stack config names a binding's kind by the key: `NOTES: { kv: notes }`. */
export const BINDING_KINDS = {
  /** Its own static assets, under the name `ASSETS`, where it has some. */
  assets: { resource: null, operations: {} },
  function: { resource: "a function of the fleet, asked without leaving the node", operations: {} },
  kv: {
    resource: "a namespace of keys and values, shared by the functions that name it",
    operations: { get: READS, list: READS, put: WRITES, delete: WRITES },
  },
  sql: {
    resource: "a SQLite database of the node, shared by the functions that name it",
    operations: { select: READS, run: WRITES, batch: WRITES, exec: WRITES },
  },
  postgres: {
    resource: "a PostgreSQL database of edge-fleet:postgres",
    // A SELECT may call what changes something.
    operations: { query: WRITES, begin: WRITES, commit: WRITES, rollback: WRITES },
  },
  redis: {
    resource: "keys of a Redis server of edge-fleet:redis, shared by the functions that name it",
    operations: { read: READS, write: WRITES },
  },
  /** Not seen outside: an answer that is stored twice is the same answer. */
  cache: { resource: null, operations: { match: READS, put: READS, delete: READS } },
} as const satisfies Record<string, KindRule>;

/** Under which operations of `caches` go out; no variable has this name. */
export const CACHES = "caches.default";

export type BindingKind = keyof typeof BINDING_KINDS;
/** What is in `env`. */
export type BoundKind = Exclude<BindingKind, "cache">;
/** What the stack config can name. */
export type DeclaredKind = Exclude<BoundKind, "assets">;
/** What has operations in the broker; the others are asked by sub-requests, which the router answers. */
export type StoreKind = Exclude<BindingKind, "assets" | "function">;

export const BOUND_KIND_NAMES = Object.keys(BINDING_KINDS).filter((kind) => kind !== "cache") as BoundKind[];
export const BINDING_KIND_NAMES = BOUND_KIND_NAMES.filter((kind) => kind !== "assets");

/** Under which a function has its static assets. */
export const ASSETS = "ASSETS";

/** Whether a binding is asked by sub-requests. */
export function isAsked(kind: BindingKind | undefined): kind is "assets" | "function" {
  return kind === "assets" || kind === "function";
}

/** One binding of a function: `name` is the namespace, database or function that it stands for. */
export interface Binding {
  readonly kind: BoundKind;
  readonly name: string;
}

/** Bindings of a function by the name under which `env` has them. */
export type Bindings = Readonly<Record<string, Binding>>;

/** The kind of a binding by its name; undefined where the function has none of this name. */
export function kindOf(bindings: Bindings, name: string): BindingKind | undefined {
  if (name === CACHES) return "cache";
  return Object.hasOwn(bindings, name) ? bindings[name]?.kind : undefined;
}

/** @returns undefined for an operation that the kind does not have. */
export function operationRule(kind: BindingKind, operation: string): OperationRule | undefined {
  const operations: KindRule["operations"] = BINDING_KINDS[kind].operations;
  return Object.hasOwn(operations, operation) ? operations[operation] : undefined;
}
