import type { Bindings } from "../bindings/kinds.ts";
import type { FunctionLimits } from "../limits.ts";
import type { Policies } from "../policies/policies.ts";
import type { Route } from "../routes/route.ts";
import type { Schedule } from "../schedules/schedule.ts";
import type { SplitCounts } from "../traffic/armCounts.ts";

/** The layout of `releases/<n>.json` that this code writes and reads. */
export const RELEASE_SCHEMA = 4;
/** The same for `current`. */
export const CURRENT_SCHEMA = 2;
/** Versions of a function that are kept beside those that serve. */
export const PREVIEWS_MAX = 5;

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

/**
 * What becomes of a function's copies in the cache when another version is the stable one. `keep`: they serve as long as they are fresh. `scope`: each version
 * has its own, so that after a roll-back the old ones are there again. `purge`: as `scope`, and those of other versions are forgotten.
 */
export const ON_DEPLOY = ["keep", "scope", "purge"] as const;
export interface FunctionCache {
  readonly onDeploy: (typeof ON_DEPLOY)[number];
}

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
  /** Absent where copies are kept on a deploy, for the same reason. */
  readonly cache?: FunctionCache;
}

/** A version and its place among all that a function ever had: `v7` is number 7. */
export interface NumberedVersion {
  readonly number: number;
  readonly manifest: FunctionManifest;
}

/** How much worse than the stable version a candidate may be before its split is ended. */
export interface SplitGuard {
  /** Share of failed requests beyond the stable version's, 0 to 1. */
  readonly errorRate: number;
  /** 99th percentile of latency as a multiple of the stable version's, at least 1. */
  readonly p99: number;
  /** Requests of the candidate before it is judged. */
  readonly minRequests: number;
}

/** A candidate that serves part of a function's visitors. */
export interface Split extends NumberedVersion {
  /** Share of visitors, more than 0 and less than 100. */
  readonly percent: number;
  /** Null: only people end it. */
  readonly guard: SplitGuard | null;
}

/** Who changed something, when and why. */
export interface Deployed {
  readonly by: string;
  readonly at: string;
  readonly reason: string;
  /** Git commit of the deployer's checkout; null where there is none. */
  readonly commit: string | null;
}

export const FUNCTION_OWNERS = ["program", "command"] as const;
/** Who declared a function: `pulumi up` or `edge deploy`. */
export type FunctionOwner = (typeof FUNCTION_OWNERS)[number];

export interface ReleasedFunction {
  readonly name: string;
  /** Number of the stable version. */
  readonly number: number;
  /** The stable version. */
  readonly manifest: FunctionManifest;
  /** `disabled`: its requests are answered with an error, nothing of it runs. */
  readonly status: "active" | "disabled";
  readonly split: Split | null;
  /** Former stable versions and those deployed for a look, newest first: reachable by preview address alone. */
  readonly previews: readonly NumberedVersion[];
  readonly owner: FunctionOwner;
  /** The last change of this function. */
  readonly deployed: Deployed;
}

/** `releases/<n>.json`: immutable. */
export interface Release {
  readonly schema: number;
  readonly release: number;
  /** The release that it was made upon: the one that was served before. Absent where there was none. */
  readonly base?: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly reason: string;
  /** Git commit of the deployer's checkout; null where there is none. */
  readonly commit: string | null;
  /** Ed25519 over the rest in canonical JSON, base64; absent where the deployer has no key. Whoever goes back to it asks for it. */
  readonly signature?: string;
  /** Sorted by name. */
  readonly functions: readonly ReleasedFunction[];
}

/** `current`: the only pointer. The generation grows on every change, also on a rollback. */
export interface Current {
  readonly schema: number;
  readonly generation: number;
  readonly release: number;
  /** SHA-256 of `releases/<release>.json`, so that a torn or changed table is refused. */
  readonly sha256: string;
  /** Ed25519 over the rest in canonical JSON, base64; null where the deployer has no key. */
  readonly signature: string | null;
}

export interface FunctionStatus {
  readonly version: string;
  readonly status: "active" | "refused";
  /** Why it was refused, with file and line where known. */
  readonly reason?: string;
}

/** What a node has counted of a split that has a guard. */
export interface SplitReport extends SplitCounts {
  /** `deployed.at` of the function. */
  readonly at: string;
  /** Why the node leads nobody to the candidate any more; null while it does. */
  readonly condemned: string | null;
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
  /** Number of the last entry of the control log that the node has done; 0 before the first. */
  readonly control: number;
  /** By function; absent where none has a split with a guard. */
  readonly splits?: Readonly<Record<string, SplitReport>>;
  /** The newest generation that was refused, and why; null when the node is up to date. */
  readonly refused: { readonly generation: number; readonly reason: string } | null;
}
