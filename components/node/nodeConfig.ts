import type { PostgresConfig, RedisConfig } from "@edge-fleet/runner/storesConfig";
import type {
  CacheConfig,
  FleetConfig,
  IssuerConfig,
  LocalPorts,
  NodeSize,
  OriginConfig,
  RegionConfig,
  RegionName,
} from "../config/fleetConfig.ts";
import { nodeAddresses, nodeNames } from "../config/nodeAddresses.ts";
import type { CertificateSecrets } from "./certificates.ts";

/** Ports that a node binds on its own address. */
export type NodePorts = Pick<
  LocalPorts,
  "https" | "http" | "peers" | "haproxyMetrics" | "varnishMetrics" | "runnerAdmin" | "agentAdmin"
>;

/** Another node of the same region. */
export interface Sibling {
  readonly name: string;
  readonly address: string;
}

/** Another region, by the public name that leads to one of its nodes. */
export interface NeighbourRegion {
  readonly name: RegionName;
  readonly host: string;
}

/** What a node on a machine of AWS is told of its surroundings. */
export interface CloudMachine {
  /** Auto scaling group whose other machines are its siblings. */
  readonly group: string;
  /** Region where the fleet's secrets are set; others have replicas. */
  readonly home: RegionName;
  /** Secret with the certificate for clients, and one with that for other nodes. */
  readonly certificateSecrets: CertificateSecrets;
  /** How names of secrets begin that its functions may have. */
  readonly secretPrefix: string;
}

/** What one node must know of the fleet: all that `renderNode` renders from. */
export interface NodeConfig {
  readonly name: string;
  readonly region: string;
  readonly domain: string;
  readonly address: string;
  readonly ports: NodePorts;
  readonly size: NodeSize;
  /** Ranges of the load balancers that say by PROXY protocol who their clients are; nobody else is believed. */
  readonly loadBalancers: readonly string[];
  /** Other nodes of the region: they answer what this one's runner cannot. */
  readonly siblings: readonly Sibling[];
  /** The machine of AWS that it is; null elsewhere. */
  readonly cloud: CloudMachine | null;
  /** Regions that answer when no node of this one does, first one first; never this one. */
  readonly regions: readonly NeighbourRegion[];
  /** DNS server that knows the regions' public names; null: the system's own. */
  readonly resolver: { readonly address: string; readonly port: number } | null;
  /** `shield` is null where this region asks the origin itself: it is the shield, or there is none. */
  readonly origins: readonly OriginConfig[];
  readonly cache: CacheConfig;
  /** Where the runner reaches functions that are containers. */
  readonly containers: readonly { readonly host: string; readonly port: number }[];
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
  /** Issuers whose tokens policies take. */
  readonly issuers: readonly IssuerConfig[];
  /** Whether clients' countries are known: there is a country map beside the rendered files. */
  readonly countryMap: boolean;
}

/** Where the release store is, for whoever reads it. */
export interface StoreAddress {
  readonly address: string;
  /** Copies, the nearest first. */
  readonly replicas: readonly string[];
}

/** A store that is a folder. */
export function folderStore(path: string): StoreAddress {
  return { address: `file:${path}`, replicas: [] };
}

/** Where things are on the node; every rendered path starts with one of these. */
export interface NodeLayout {
  /** Rendered files. */
  readonly etc: string;
  /** Sockets between the node's programs, and pid files. */
  readonly run: string;
  /** What the agent alone tells each of them: sockets for commands, maps of policies. */
  readonly commands: string;
  /** Sockets between the runner's own processes. */
  readonly workers: string;
  /** What outlives a restart: releases, caches. */
  readonly data: string;
  /** PEM file with the fleet's certificate, its chain and its key. */
  readonly certificate: string;
  /** For other nodes: PEM file with this one's certificate and key, and the authority whose certificates are believed. */
  readonly peers: { readonly certificate: string; readonly authority: string };
  /** Folder with a file per secret. */
  readonly secrets: string;
  /** Secrets that were sealed for the fleet on this machine; null on machines of AWS, which ask AWS for theirs. */
  readonly sealed: { readonly folder: string; readonly keyFile: string } | null;
  /** Where releases come from. */
  readonly store: StoreAddress;
  /** PEM file with the keys of which one must have signed a release; null: unsigned ones are taken. */
  readonly releaseKeys: string | null;
  /** PEM file with the node's own key of those; null: it has none. */
  readonly releaseSigner: string | null;
}

/** The layout that digests and snapshots are made with: they must not depend on where a checkout is. */
export const CANONICAL_LAYOUT: NodeLayout = {
  etc: "/srv/edge/etc",
  run: "/srv/edge/run",
  commands: "/srv/edge/commands",
  workers: "/srv/edge/run/runner",
  data: "/srv/edge/data",
  certificate: "/srv/edge/certificates/fleet.pem",
  peers: { certificate: "/srv/edge/certificates/peers.pem", authority: "/srv/edge/certificates/peers-ca.pem" },
  secrets: "/srv/edge/secrets",
  sealed: { folder: "/srv/edge/sealed", keyFile: "/srv/edge/sealed.key" },
  store: folderStore("/srv/edge/store"),
  releaseKeys: "/srv/edge/release-keys/release.pub",
  releaseSigner: "/srv/edge/release-keys/release.key",
};

/** The config of one of a region's nodes on this machine, counted from 0. */
export function nodeConfig(fleet: FleetConfig, region: RegionConfig, index: number): NodeConfig {
  if (region.address === null || fleet.local === null) {
    throw new Error(`region ${region.name} has no address: only the local target renders nodes from fixed addresses`);
  }
  const { https, http, peers, haproxyMetrics, varnishMetrics, runnerAdmin, agentAdmin, dns } = fleet.local.ports;
  const farm = localNodes(region);
  const self = farm[index] as Sibling;
  return {
    ...regionConfig(fleet, region),
    name: self.name,
    address: self.address,
    ports: { https, http, peers, haproxyMetrics, varnishMetrics, runnerAdmin, agentAdmin },
    loadBalancers: [],
    // Each node begins with the one after it, so that a farm that loses a node shares its load.
    siblings: [...farm.slice(index + 1), ...farm.slice(0, index)],
    cloud: null,
    resolver: { address: fleet.local.hubAddress, port: dns },
  };
}

/** What all nodes of a region are told, whatever they run on. */
export function regionConfig(
  fleet: FleetConfig,
  region: RegionConfig,
): Omit<NodeConfig, "name" | "address" | "ports" | "loadBalancers" | "siblings" | "cloud" | "resolver"> {
  return {
    region: region.name,
    domain: fleet.domain,
    size: fleet.size,
    regions: region.failover.map((name) => ({ name, host: regionalName(name, fleet.domain) })),
    origins: fleet.origins.map((origin) => ({
      ...origin,
      shield: origin.shield === region.name ? null : origin.shield,
    })),
    containers: servedContainers(fleet, region).map(({ container: { host, port } }) => ({ host, port })),
    cache: fleet.cache,
    postgres: fleet.postgres,
    redis: fleet.redis,
    issuers: fleet.issuers,
    countryMap: fleet.geoipDatabase !== null,
  };
}

/** Functions that are containers on a region's nodes. */
export function servedContainers(fleet: FleetConfig, region: RegionConfig) {
  return fleet.functions.flatMap(({ container, regions, ...wish }) =>
    container === null || (regions.length > 0 && !regions.includes(region.name)) ? [] : [{ ...wish, container }],
  );
}

/** A region's nodes on this machine. */
export function localNodes({ name, address, nodes }: RegionConfig): Sibling[] {
  const addresses = (address === null ? null : nodeAddresses(address, nodes)) ?? [];
  const names = nodeNames(name, nodes);
  return addresses.map((nodeAddress, index) => ({ name: names[index] as string, address: nodeAddress }));
}

/** The public name that leads to one region whatever its health. */
export function regionalName(region: RegionName, domain: string): string {
  return `${region}.geo.${domain}`;
}
