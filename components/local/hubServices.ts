import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import type { FleetConfig, Geography } from "../config/fleetConfig.ts";
import { type GdnsdArgs, renderGdnsd, renderZone } from "../dns/gdnsd.ts";
import { ALERTS_FILE, renderAlerts } from "../monitoring/alerts.ts";
import { renderPrometheus, type ScrapeJob } from "../monitoring/prometheus.ts";
import { localNodes } from "../node/nodeConfig.ts";
import type { ServiceSpec } from "./manager/spec.ts";
import {
  CANONICAL_PLACEMENT,
  digestsOf,
  http,
  ownProcess,
  type Placement,
  type ServiceSource,
  type SourceDigests,
  service,
  withDigests,
} from "./services.ts";

/** System programs that the hub runs. */
export const HUB_PROGRAMS = ["gdnsd", "prometheus"];

/** What the hub must know of the fleet. */
export interface HubConfig {
  readonly fleet: string;
  readonly domain: string;
  readonly address: string;
  readonly ports: {
    readonly dns: number;
    readonly prometheus: number;
    readonly origin: number;
  };
  readonly geography: Geography;
  readonly regions: readonly {
    readonly name: string;
    readonly addresses: readonly string[];
    readonly failover: readonly string[];
  }[];
  /** Ports of every node that the hub asks. */
  readonly regionPorts: {
    readonly http: number;
    readonly haproxyMetrics: number;
    readonly varnishMetrics: number;
    readonly runnerAdmin: number;
    readonly agentAdmin: number;
  };
}

export function hubConfig(fleet: FleetConfig): HubConfig {
  if (fleet.local === null) throw new Error("only the local target has a hub of processes");
  const { ports, hubAddress } = fleet.local;
  return {
    fleet: fleet.name,
    domain: fleet.domain,
    address: hubAddress,
    ports: { dns: ports.dns, prometheus: ports.prometheus, origin: ports.origin },
    geography: fleet.geography,
    regions: fleet.regions.map((region) => ({
      name: region.name,
      addresses: localNodes(region).map(({ address }) => address),
      failover: region.failover,
    })),
    regionPorts: {
      http: ports.http,
      haproxyMetrics: ports.haproxyMetrics,
      varnishMetrics: ports.varnishMetrics,
      runnerAdmin: ports.runnerAdmin,
      agentAdmin: ports.agentAdmin,
    },
  };
}

/** The hub's files below its `etc` folder, by name; `networks` is gdnsd's table of networks. */
export function renderHub(hub: HubConfig, layout: Placement["layout"], networks: string): Record<string, string> {
  const dns: GdnsdArgs = {
    domain: hub.domain,
    listen: { address: hub.address, port: hub.ports.dns },
    regions: hub.regions,
    defaultRegion: hub.geography.defaultRegion,
    healthPort: hub.regionPorts.http,
    etcDir: layout.etc,
    runDir: layout.run,
  };
  return {
    "gdnsd/config": renderGdnsd(dns),
    "gdnsd/networks": networks,
    [`gdnsd/zones/${hub.domain}`]: renderZone(dns),
    "prometheus.yml": renderPrometheus(hub.fleet, scrapeJobs(hub)),
    [ALERTS_FILE]: renderAlerts(),
  };
}

/** The hub's services, the digest of each saying when it must be restarted. */
export function hubServices(hub: HubConfig, placement: Placement, sources: SourceDigests): ServiceSpec[] {
  return withDigests(describe(hub, placement, sources), describe(hub, CANONICAL_PLACEMENT, sources));
}

/** Digest of each service by name: what the plan shows and compares. */
export function hubDigests(hub: HubConfig, sources: SourceDigests): Record<string, string> {
  return digestsOf(describe(hub, CANONICAL_PLACEMENT, sources));
}

function describe(hub: HubConfig, placement: Placement, { code, geoip }: SourceDigests): ServiceSource[] {
  const { layout } = placement;
  // The networks themselves are made from the database, which has a digest of its own.
  const files = renderHub(hub, layout, geoip ?? "");
  return [
    {
      spec: service({
        name: "gdnsd",
        command: ["gdnsd", "-c", `${layout.etc}/gdnsd`, "start"],
        health: { kind: "tcp", host: hub.address, port: hub.ports.dns },
        stopTimeoutMs: 3_000,
      }),
      sources: [
        files["gdnsd/config"] as string,
        files[`gdnsd/zones/${hub.domain}`] as string,
        geoip ?? "",
        canonicalJson([hub.regions, hub.geography]),
      ],
    },
    {
      spec: service({
        name: "prometheus",
        command: [
          ...[
            "prometheus",
            `--config.file=${layout.etc}/prometheus.yml`,
            `--storage.tsdb.path=${layout.data}/prometheus`,
          ],
          ...["--storage.tsdb.retention.time=1d", "--storage.tsdb.retention.size=256MB"],
          `--web.listen-address=${hub.address}:${hub.ports.prometheus}`,
        ],
        health: http(hub.address, hub.ports.prometheus, "/-/ready"),
        stopTimeoutMs: 5_000,
      }),
      sources: [files["prometheus.yml"] as string, files[ALERTS_FILE] as string],
    },
    {
      spec: service({
        name: "origin",
        ...ownProcess(
          placement,
          "components/origin/main.ts",
          "--host",
          hub.address,
          "--port",
          String(hub.ports.origin),
        ),
        health: http(hub.address, hub.ports.origin, "/healthz"),
        stopTimeoutMs: 2_000,
      }),
      sources: [code],
    },
  ];
}

function scrapeJobs(hub: HubConfig): ScrapeJob[] {
  const { regionPorts } = hub;
  const everyNode = (job: string, port: number, params: readonly string[] = []): ScrapeJob => ({
    job,
    params,
    targets: hub.regions.flatMap(({ name, addresses }) =>
      addresses.map((address) => ({ address, port, region: name })),
    ),
  });
  return [
    // Places for siblings that are not taken would be as many series as everything else.
    everyNode("haproxy", regionPorts.haproxyMetrics, ["no-maint"]),
    everyNode("varnish", regionPorts.varnishMetrics),
    everyNode("runner", regionPorts.runnerAdmin),
    everyNode("agent", regionPorts.agentAdmin),
    { job: "prometheus", targets: [{ address: hub.address, port: hub.ports.prometheus, region: null }] },
  ];
}
