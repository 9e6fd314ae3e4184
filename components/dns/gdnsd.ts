import type { RegionName } from "../config/fleetConfig.ts";

/** A region as the DNS server sees it. */
export interface DnsRegion {
  readonly name: RegionName;
  /** Of its nodes; one or more. */
  readonly addresses: readonly string[];
  /** Regions that take over when this one is away, nearest first. */
  readonly failover: readonly RegionName[];
}

/** Clients of these networks are sent to `region` first. */
export interface DnsNetwork {
  readonly cidr: string;
  readonly region: RegionName;
}

export interface GdnsdArgs {
  readonly domain: string;
  readonly listen: { readonly address: string; readonly port: number };
  readonly regions: readonly DnsRegion[];
  readonly defaultRegion: RegionName;
  /** Port of every region's health page. */
  readonly healthPort: number;
  readonly etcDir: string;
  readonly runDir: string;
}

/** Answers may be kept this long, s: with the health checks below, clients move within 5 s plus this. */
const TTL_S = 5;

/**
 * gdnsd asks each region's health page every 2 s (its least). One answer is taken for the truth, so that clients move
 * within 3 s either way: the page itself waits for two failed checks of what is behind it.
 */
export function renderGdnsd(args: GdnsdArgs): string {
  const order = preference(args.regions);
  const farms = args.regions.filter(isFarm);
  const places = args.regions.map(
    (region) => `${region.name} => ${isFarm(region) ? `%multifo!${region.name}` : region.addresses[0]}`,
  );
  return `options => {
  listen => [ ${args.listen.address}:${args.listen.port} ]
  run_dir => ${args.runDir}/gdnsd
  state_dir => ${args.runDir}/gdnsd-state
  zones_default_ttl => ${TTL_S}
  max_ttl => 3600
  edns_client_subnet => true
}
service_types => {
  region_health => {
    plugin => http_status
    url_path => /healthz
    vhost => ${args.domain}
    port => ${args.healthPort}
    ok_codes => [ 200 ]
    interval => 2
    timeout => 1
    up_thresh => 1
    ok_thresh => 1
    down_thresh => 1
  }
}
plugins => {${farms.length === 0 ? "" : renderFarms(farms)} geoip => {
  maps => { edge => {
    datacenters => [ ${order(args.defaultRegion).join(", ")} ]
    nets => ${args.etcDir}/gdnsd/networks
  } }
  resources => { edge => { map => edge, service_types => region_health, dcmap => { ${places.join(", ")} } } }
} }
`;
}

/** A region of several nodes: those that are well are in the answers, and it is away when none is. */
function renderFarms(farms: readonly DnsRegion[]): string {
  const resources = farms.map(({ name, addresses }) => {
    const nodes = addresses.map((address, index) => `${index + 1} => ${address}`);
    return `\n  ${name} => { ${nodes.join(", ")} }`;
  });
  return ` multifo => {
  service_types => region_health
  up_thresh => 0.01${resources.join("")}
}
`;
}

function isFarm({ addresses }: DnsRegion): boolean {
  return addresses.length > 1;
}

/** Which networks go where: the geography table applied to the country database. */
export function renderNetworks(args: Pick<GdnsdArgs, "regions">, networks: readonly DnsNetwork[]): string {
  const order = preference(args.regions);
  return networks.map(({ cidr, region }) => `${cidr} => [ ${order(region).join(", ")} ]\n`).join("");
}

/**
 * The fleet's zone: every name is answered with the nearest healthy region, `<region>.geo` with that region alone, of
 * its nodes with those that are well.
 */
export function renderZone(args: GdnsdArgs): string {
  const regional = args.regions.map((region) => {
    const name = `${region.name}.geo`;
    return isFarm(region)
      ? `${name} ${TTL_S}/${TTL_S} DYNA multifo!${region.name}\n`
      : `${name} A ${region.addresses[0]}\n`;
  });
  return `@ SOA ns1 hostmaster 1 3600 600 86400 ${TTL_S}
@ NS ns1
ns1 A ${args.listen.address}
@ ${TTL_S}/${TTL_S} DYNA geoip!edge
* ${TTL_S}/${TTL_S} DYNA geoip!edge
${regional.join("")}`;
}

function preference(regions: readonly DnsRegion[]): (first: RegionName) => readonly RegionName[] {
  const failover = new Map(regions.map((region) => [region.name, region.failover]));
  return (first) => [first, ...(failover.get(first) ?? [])];
}
