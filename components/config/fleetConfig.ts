import type { Bindings } from "@edge-fleet/runner/bindings/kinds";
import type { IsolatePoolConfig } from "@edge-fleet/runner/config";
import type { FunctionLimits } from "@edge-fleet/runner/limits";
import type { Policies } from "@edge-fleet/runner/policies/policies";
import type { Drift } from "@edge-fleet/runner/release/declaration";
import type { Egress, FunctionCache, Isolation } from "@edge-fleet/runner/release/types";
import type { Route } from "@edge-fleet/runner/routes/route";
import type { Schedule } from "@edge-fleet/runner/schedules/schedule";
import type { PostgresConfig, RedisConfig } from "@edge-fleet/runner/storesConfig";
import type { RawAws } from "./awsSchema.ts";

/** Two-letter continent codes as in GeoIP databases. */
export type Continent = "AF" | "AN" | "AS" | "EU" | "NA" | "OC" | "SA";

/** ISO 3166-1 alpha-2 country code. */
export type Country = string;

/** An AWS region code, also used as the region's name everywhere: `ap-northeast-1`. */
export type RegionName = string;

/** Who is served from where. Every country resolves to exactly one region. */
export interface Geography {
  readonly continents: Readonly<Record<Continent, RegionName>>;
  /** Countries that do not follow their continent, and all that sources place on two (`PINNED_COUNTRIES`). */
  readonly countries: Readonly<Record<Country, RegionName>>;
  readonly defaultRegion: RegionName;
}

export interface RegionConfig {
  readonly name: RegionName;
  /** Private address range of the region's network, never overlapping another's. */
  readonly cidr: string;
  /** Nodes that serve the region. */
  readonly nodes: number;
  /** The most nodes that a group in the cloud grows to. */
  readonly maxNodes: number;
  /** Whether the region is out of DNS and about to be deleted. */
  readonly retire: boolean;
  /** Loopback address of the region's first node (`nodeAddresses`). Only with `target: local`. */
  readonly address: string | null;
  /** Regions that take over, nearest first, when this one is away. */
  readonly failover: readonly RegionName[];
}

export interface NodeSize {
  /** Sandbox worker processes that serve, per node; one more stands by. */
  readonly workers: number;
  /** Further worker processes, started on demand, each for one function. */
  readonly privateWorkers: number;
  /** Resident size above which a worker is replaced, MB. */
  readonly workerRssMb: number;
  readonly isolates: IsolatePoolConfig;
  /** Varnish memory storage, MB. */
  readonly cacheMb: number;
  /** Files that HAProxy opens at most, two for each connection of a client. */
  readonly files: number;
  /** Connections that one address of clients may have at once. */
  readonly clientConnections: number;
}

/** A function that is an image: whatever speaks HTTP on a port. */
export interface ContainerConfig {
  /** Image by its digest. */
  readonly image: string;
  /** Where the runner of its node reaches it. */
  readonly host: string;
  /** Port on which it answers HTTP. */
  readonly port: number;
  /** Processors of a node that it may use. */
  readonly cpus: number;
  readonly memoryMb: number;
  /** Command in the container that says by its exit code whether it is well; null: the image's own, if it has one. */
  readonly health: readonly string[] | null;
}

/** What the stack config says of one function; what it leaves out has the defaults of `LIMITS`. */
export interface FunctionConfig {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly limits: FunctionLimits;
  readonly env: Readonly<Record<string, string>>;
  /** Name of a secret by the variable that gets its value. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Stores and other functions by the variable that stands for them. */
  readonly bindings: Bindings;
  readonly schedules: readonly Schedule[];
  readonly egress: Egress;
  readonly isolation: Isolation;
  /** Origin that answers when it throws after `ctx.passThroughOnException()`; null for none. */
  readonly passThrough: string | null;
  /** Null: it is code in `functions/`. Otherwise its variables are the container's. */
  readonly container: ContainerConfig | null;
  /** Empty means every region. */
  readonly regions: readonly RegionName[];
  /** What the door asks of its requests; null for nothing. */
  readonly policies: Policies | null;
  /** What becomes of its copies in the cache when another version is deployed. */
  readonly cache: FunctionCache;
}

/** A public key of an issuer of tokens. */
export interface IssuerKey {
  /** The key's `kid`; null when it has none. */
  readonly id: string | null;
  readonly algorithm: "RS256" | "ES256";
  /** SubjectPublicKeyInfo in PEM. */
  readonly pem: string;
  /** First 16 hex digits of its SHA-256. */
  readonly fingerprint: string;
}

/** Who issues tokens that functions' policies take. It has either keys or a secret. */
export interface IssuerConfig {
  readonly name: string;
  /** The claim `iss` of its tokens. */
  readonly issuer: string;
  readonly keys: readonly IssuerKey[];
  /** Name of the secret that HS256 tokens are signed with; null when it has keys. */
  readonly secret: string | null;
}

/**
 * A server outside the fleet: functions may reach it although its address is private, by exact host and port, and the
 * cache asks it for whole hosts.
 */
export interface OriginConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Null: in clear. */
  readonly tls: OriginTls | null;
  /** Hosts of requests that it answers instead of functions, through the cache. */
  readonly serves: readonly string[];
  /** Region whose cache all others ask before they would ask the origin; null for none. */
  readonly shield: RegionName | null;
  /** Requests that one node has under way there at once. */
  readonly connections: number;
  /** Path that answers 2xx or 3xx when it is well; null: it is well when it takes connections. */
  readonly health: string | null;
}

/** What the caches of all nodes are told of the sites. */
export interface CacheConfig {
  /** Paths that are the same for every visitor: whole ones, or all below one (`/assets/*`). Cookies are kept off them. */
  readonly staticPaths: readonly string[];
}

export interface OriginTls {
  /** Name that its certificate must be for; also told to it (SNI). */
  readonly serverName: string;
  /** PEM of the authorities that are believed; null: those of the node's system. */
  readonly ca: string | null;
}

/** Ports of the local target; each node binds them on its own address. */
export interface LocalPorts {
  readonly https: number;
  readonly http: number;
  readonly peers: number;
  readonly haproxyMetrics: number;
  readonly varnishMetrics: number;
  readonly runnerAdmin: number;
  readonly agentAdmin: number;
  readonly dns: number;
  readonly prometheus: number;
  readonly origin: number;
}

export interface LocalConfig {
  /** Loopback address of what the regions share: DNS, Prometheus, the origin. */
  readonly hubAddress: string;
  readonly ports: LocalPorts;
}

/** `edge-fleet:aws`, with what follows from other keys filled in; `stacks/Pulumi.*.yaml` says what each key means. */
export type AwsConfig = Omit<RawAws, "protect"> & { readonly protect: boolean };

/** A stack's config, parsed and checked once. */
export interface FleetConfig {
  /** What an `up` does with functions that a command has changed and that are declared as before. */
  readonly drift: Drift;
  /** The stack's name. */
  readonly name: string;
  readonly target: "local" | "aws";
  /** Domain that the fleet answers for. */
  readonly domain: string;
  /** Sorted by name. */
  readonly regions: readonly RegionConfig[];
  readonly geography: Geography;
  readonly size: NodeSize;
  /** Path of a MaxMind country or city database, relative to the project; null when there is none. */
  readonly geoipDatabase: string | null;
  /** Sorted by name. */
  readonly functions: readonly FunctionConfig[];
  readonly origins: readonly OriginConfig[];
  readonly cache: CacheConfig;
  /** Databases and servers that bindings name. Sorted by name. */
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
  /** Sorted by name. */
  readonly issuers: readonly IssuerConfig[];
  /** Null unless `target` is `aws`. */
  readonly aws: AwsConfig | null;
  /** Null unless `target` is `local`. */
  readonly local: LocalConfig | null;
}
