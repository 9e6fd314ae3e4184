import type { PostgresConfig, RedisConfig } from "@edge-fleet/runner/storesConfig";
import type { FleetConfig, LocalPorts, NodeSize, OriginConfig, RegionConfig } from "../config/fleetConfig.ts";

/** Ports that a node binds on its own address. */
export type NodePorts = Pick<
  LocalPorts,
  "https" | "http" | "haproxyMetrics" | "varnishMetrics" | "runnerAdmin" | "agentAdmin"
>;

/** What one node must know of the fleet: all that `renderNode` renders from. */
export interface NodeConfig {
  readonly name: string;
  readonly region: string;
  readonly domain: string;
  readonly address: string;
  readonly ports: NodePorts;
  readonly size: NodeSize;
  readonly origins: readonly Pick<OriginConfig, "host" | "port">[];
  readonly postgres: readonly PostgresConfig[];
  readonly redis: readonly RedisConfig[];
  /** Whether clients' countries are known: there is a country map beside the rendered files. */
  readonly countryMap: boolean;
}

/** Where things are on the node; every rendered path starts with one of these. */
export interface NodeLayout {
  /** Rendered files. */
  readonly etc: string;
  /** Sockets and pid files. */
  readonly run: string;
  /** Sockets between the runner's own processes. */
  readonly workers: string;
  /** What outlives a restart: releases, caches. */
  readonly data: string;
  /** PEM file with the fleet's certificate, its chain and its key. */
  readonly certificate: string;
  /** Folder with a file per secret. */
  readonly secrets: string;
  /** The release store's folder. */
  readonly store: string;
}

/** The layout that digests and snapshots are made with: they must not depend on where a checkout is. */
export const CANONICAL_LAYOUT: NodeLayout = {
  etc: "/srv/edge/etc",
  run: "/srv/edge/run",
  workers: "/srv/edge/run/runner",
  data: "/srv/edge/data",
  certificate: "/srv/edge/certificates/fleet.pem",
  secrets: "/srv/edge/secrets",
  store: "/srv/edge/store",
};

export function nodeConfig(fleet: FleetConfig, region: RegionConfig): NodeConfig {
  if (region.address === null || fleet.local === null) {
    throw new Error(`region ${region.name} has no address: only the local target renders nodes from fixed addresses`);
  }
  const { https, http, haproxyMetrics, varnishMetrics, runnerAdmin, agentAdmin } = fleet.local.ports;
  return {
    name: region.name,
    region: region.name,
    domain: fleet.domain,
    address: region.address,
    ports: { https, http, haproxyMetrics, varnishMetrics, runnerAdmin, agentAdmin },
    size: fleet.size,
    origins: fleet.origins.map(({ host, port }) => ({ host, port })),
    postgres: fleet.postgres,
    redis: fleet.redis,
    countryMap: fleet.geoipDatabase !== null,
  };
}
