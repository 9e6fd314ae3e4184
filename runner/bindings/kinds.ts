/** An operation of a binding. */
interface OperationRule {
  /** The outside can see it: a request that has begun one is not run again after its worker was lost. */
  readonly writes: boolean;
}

interface KindRule {
  /** What the name in the stack config stands for. */
  readonly resource: string;
  /** Closed: their names are labels of metrics. */
  readonly operations: Readonly<Record<string, OperationRule>>;
}

const READS = { writes: false };
const WRITES = { writes: true };

/** What a function can be bound to. The stack config names a binding's kind by the key: `NOTES: { kv: notes }`. */
export const BINDING_KINDS = {
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
} as const satisfies Record<string, KindRule>;

export type BindingKind = keyof typeof BINDING_KINDS;
/** What has operations in the broker; functions are asked by sub-requests. */
export type StoreKind = Exclude<BindingKind, "function">;

export const BINDING_KIND_NAMES = Object.keys(BINDING_KINDS) as BindingKind[];

/** One binding of a function: `name` is the namespace, database or function that it stands for. */
export interface Binding {
  readonly kind: BindingKind;
  readonly name: string;
}

/** Bindings of a function by the name under which `env` has them. */
export type Bindings = Readonly<Record<string, Binding>>;

/** @returns undefined for an operation that the kind does not have. */
export function operationRule(kind: BindingKind, operation: string): OperationRule | undefined {
  const operations: KindRule["operations"] = BINDING_KINDS[kind].operations;
  return Object.hasOwn(operations, operation) ? operations[operation] : undefined;
}
