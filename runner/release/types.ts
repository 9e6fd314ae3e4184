import type { Bindings } from "../bindings/kinds.ts";
import type { FunctionLimits } from "../limits.ts";
import type { Policies } from "../policies/policies.ts";
import type { Route } from "../routes/route.ts";
import type { Schedule } from "../schedules/schedule.ts";

/** The layout of `releases/<n>.json` that this code writes and reads. */
export const RELEASE_SCHEMA = 3;
/** The same for `current`. */
export const CURRENT_SCHEMA = 1;

/** `wasm`, `text` and `data` are what code imports; `map` is a source map. */
export const MODULE_TYPES = ["esm", "wasm", "text", "data", "map"] as const;
export type ModuleType = (typeof MODULE_TYPES)[number];

/** A file of a function version, stored once under `modules/<sha256>`. */
export interface ContentRef {
  /** Of a module: its path inside the function, `index.mjs` for instance. Of an asset: its path in a URL, decoded. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

export interface ModuleRef extends ContentRef {
  readonly type: ModuleType;
}

export interface Egress {
  /** `host`, `*.host` or either with `:port` (without it any port); null is any public address, an empty list none. */
  readonly allow: readonly string[] | null;
}

/** `private`: the function has a worker process of its own, shared with no other function. */
export type Isolation = "shared" | "private";

/** Everything a node needs to run one function; its hash is the function's version. */
export interface FunctionManifest {
  readonly name: string;
  /** First 16 hex digits of the SHA-256 over the rest of the manifest in canonical JSON. */
  readonly version: string;
  /** Name of the module that exports the handlers. */
  readonly entry: string;
  readonly modules: readonly ModuleRef[];
  /** Files that the router answers with itself, before the function; sorted by name. */
  readonly assets: readonly ContentRef[];
  readonly routes: readonly Route[];
  readonly limits: FunctionLimits;
  /** Plain variables. */
  readonly env: Readonly<Record<string, string>>;
  /** Name of a secret by the variable that gets its value: the value itself is on the node and never in a release. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What `env` has beside variables and secrets: stores of the node, other functions. */
  readonly bindings: Bindings;
  readonly egress: Egress;
  readonly isolation: Isolation;
  /** When its `scheduled` handler runs. */
  readonly schedules: readonly Schedule[];
  /** Origin that answers when the function throws after `passThroughOnException()`, `https://host[:port]`; null for none. */
  readonly passThrough: string | null;
  /** Regions that serve it, sorted; empty means all. */
  readonly regions: readonly string[];
  /** What the door asks of its requests. Absent where it asks nothing: nodes that know no policies refuse a release that has some. */
  readonly policies?: Policies;
}

/** `releases/<n>.json`: immutable. */
export interface Release {
  readonly schema: number;
  readonly release: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly reason: string;
  readonly functions: readonly FunctionManifest[];
}

/** `current`: the only pointer. The generation grows on every change, also on a rollback. */
export interface Current {
  readonly schema: number;
  readonly generation: number;
  readonly release: number;
  /** SHA-256 of `releases/<release>.json`, so that a torn or changed table is refused. */
  readonly sha256: string;
}

export interface FunctionStatus {
  readonly version: string;
  readonly status: "active" | "refused";
  /** Why it was refused, with file and line where known. */
  readonly reason?: string;
}

/** `acks/<node>.json`: written by that node alone. */
export interface Ack {
  readonly node: string;
  readonly region: string;
  /** What the node serves now; null before its first release. */
  readonly generation: number | null;
  readonly release: number | null;
  readonly at: string;
  readonly functions: Readonly<Record<string, FunctionStatus>>;
  /** The newest generation that was refused, and why; null when the node is up to date. */
  readonly refused: { readonly generation: number; readonly reason: string } | null;
}
