import { regionFor } from "../config/geography.ts";
import { renderNetworks } from "../dns/gdnsd.ts";
import { readNetworks } from "../geoip/networks.ts";
import { PACKAGE_DIR } from "../packageDir.ts";
import { HUB_PROGRAMS, type HubConfig, hubServices, renderHub } from "./hubServices.ts";
import { type GeoipInputs, type ManagedInputs, managedProvider } from "./managedProvider.ts";
import { localLayout, statePaths } from "./stateDir.ts";

/** Name of the hub among the managed nodes; no region is called so. */
const HUB = "hub";

export interface HubInputs extends ManagedInputs {
  readonly config: HubConfig;
}

/** What the regions share, as processes on this machine: DNS, Prometheus, the origin. */
export const hubProvider = managedProvider<HubInputs>({
  footprint: ({ config }) => ({
    name: HUB,
    address: config.address,
    ports: Object.fromEntries(
      Object.entries(config.ports).map(([name, port]) => [`edge-fleet:local.ports.${name}`, port]),
    ),
    programs: HUB_PROGRAMS,
  }),
  node({ config, geoip, code }, root) {
    const layout = localLayout(root, HUB);
    const { compileCache } = statePaths(root);
    const placement = { layout, packageDir: PACKAGE_DIR, node: process.execPath, compileCache };
    return {
      name: HUB,
      files: renderHub(config, layout, renderDnsNetworks(config, geoip)),
      services: hubServices(config, placement, { code, geoip: geoip?.digest ?? null }),
      serves: { kind: "tcp", host: config.address, port: config.ports.dns },
    };
  },
});

/** The geography applied to every network of the country database; without one, everyone is sent to the default. */
function renderDnsNetworks(config: HubConfig, geoip: GeoipInputs | null): string {
  if (geoip === null) return "";
  const networks = readNetworks(geoip.database).map(({ cidr, country, continent }) => ({
    cidr,
    region: regionFor(config.geography, { country, continent }),
  }));
  return renderNetworks(config, networks);
}
