import type { AwsConfig, FleetConfig, RegionConfig } from "../../config/fleetConfig.ts";
import { ALARMS } from "../alarms/alarmTable.ts";
import { EVERYWHERE, instanceHour, PRICES, type Price, type RegionPrices, type Source } from "./prices.ts";

/** AWS's own month. */
const HOURS = 730;
const SECONDS = HOURS * 3_600;
/** Detailed monitoring of a machine is billed as this many metrics. */
const METRICS_PER_MACHINE = 7;
/** Agents send what they publish once a minute, by the group's name: two figures a region, however many nodes. */
const PUBLISHED_METRICS = 2;
const PUTS_PER_MACHINE = HOURS * 60;
/** An alarm is billed by the figures that it looks at. */
const ALARMED_FIGURES = Object.values(ALARMS).reduce((sum, { figures }) => sum + Object.keys(figures).length, 0);
/** What clients are shown, what nodes show each other; and what releases are signed with, at home alone. */
const SECRETS = { region: 2, home: 1 };
/** A node asks the store for its pointer and for the next entry of the control log, every 2 s. */
const STORE_GETS_PER_MACHINE = (SECONDS / 2) * 2;

/** What nobody can know before a fleet serves; each figure is of one region and a month. */
export const ASSUMED = {
  /** To clients, GB. */
  outGb: 500,
  /** Connections that clients open, a second. */
  newConnections: 50,
  /** Through NAT gateways, GB. */
  natGb: 20,
  /** In the release store, GB. */
  storeGb: 1,
  /** Images in the registry, GB. */
  imagesGb: 2,
  flowLogGb: 5,
} as const;

export const PARTS = [
  "nodes",
  "volumes",
  "addresses",
  "load balancer",
  "nat",
  "traffic out",
  "between zones",
  "store",
  "registry",
  "monitoring",
  "flow logs",
  "secrets",
  "hub",
] as const;
export type Part = (typeof PARTS)[number];

/** Dollars a month. */
export interface Cost {
  /** Null where a price was not found; what of it is known is not told as if it were all. */
  readonly dollars: number | null;
  /** The weakest source among its prices. */
  readonly source: Source | null;
}

export interface RegionCost {
  readonly region: string;
  readonly parts: Readonly<Partial<Record<Part, Cost>>>;
  /** Sum of the parts whose prices are known, dollars a month. */
  readonly known: number;
  /** Parts that are missing in it. */
  readonly unknown: readonly Part[];
}

export interface FleetCost {
  readonly assumed: typeof ASSUMED;
  readonly regions: readonly RegionCost[];
  /** Sum of what is known of all regions, dollars a month. */
  readonly known: number;
  /** Whether that is all. */
  readonly isWhole: boolean;
}

type Item = readonly [quantity: number, price: Price | undefined];

/** What a fleet costs a month with the fewest nodes that it has, on demand, before tax and free tiers: by region and part, from dated prices (`prices.ts`). */
export function fleetCost(fleet: Pick<FleetConfig, "regions"> & { readonly aws: AwsConfig }): FleetCost {
  const regions = fleet.regions.map((region) => regionCost(fleet.aws, region));
  return {
    assumed: ASSUMED,
    regions,
    known: round(regions.reduce((sum, { known }) => sum + known, 0)),
    isWhole: regions.every(({ unknown }) => unknown.length === 0),
  };
}

function regionCost(aws: AwsConfig, { name, nodes }: RegionConfig): RegionCost {
  const items = itemsOf(aws, PRICES[name] ?? { largeHour: {} }, { isHome: name === aws.home, nodes });
  const parts = Object.fromEntries(
    PARTS.flatMap((part) => (items[part] === undefined ? [] : [[part, costOf(items[part])]])),
  ) as Partial<Record<Part, Cost>>;
  const all = Object.entries(parts) as [Part, Cost][];
  return {
    region: name,
    parts,
    known: round(all.reduce((sum, [, { dollars }]) => sum + (dollars ?? 0), 0)),
    unknown: all.filter(([, { dollars }]) => dollars === null).map(([part]) => part),
  };
}

function itemsOf(
  { instances, zones, nat, flowLogs, hub }: AwsConfig,
  prices: RegionPrices,
  { isHome, nodes }: { readonly isHome: boolean; readonly nodes: number },
): Partial<Record<Part, readonly Item[]>> {
  const gateways = nat === "none" ? 0 : nat === "single" ? 1 : zones;
  const addresses = zones + gateways + (nat === "none" ? nodes : 0);
  const [type] = instances.types;
  // Of traffic that the load balancer spreads evenly over zones, this share changes the zone on its way to a node.
  const crossing = ASSUMED.outGb * ((zones - 1) / zones);
  const gbPerHour = ASSUMED.outGb / HOURS;
  return {
    nodes: type === undefined ? [] : [[nodes * HOURS, instanceHour(prices, type)]],
    volumes: [[nodes * instances.diskGb, prices.gp3Gb]],
    addresses: [[addresses * HOURS, EVERYWHERE.ipv4Hour]],
    "load balancer": [
      [HOURS, prices.nlbHour],
      [HOURS * Math.max(ASSUMED.newConnections / 800, gbPerHour), prices.nlcuHour],
    ],
    ...(gateways === 0
      ? {}
      : {
          nat: [
            [gateways * HOURS, prices.natHour],
            [ASSUMED.natGb, prices.natGb],
          ],
        }),
    "traffic out": [[ASSUMED.outGb, prices.outGb]],
    // Both directions are billed.
    "between zones": [[2 * crossing, prices.zoneGb]],
    store: [
      [ASSUMED.storeGb, prices.s3Gb],
      [(nodes * STORE_GETS_PER_MACHINE) / 1_000, prices.s3Gets],
    ],
    registry: [[ASSUMED.imagesGb, prices.ecrGb]],
    monitoring: [
      [nodes * METRICS_PER_MACHINE + PUBLISHED_METRICS, prices.metric],
      [(nodes * PUTS_PER_MACHINE) / 1_000, prices.metricPuts],
      [ALARMED_FIGURES, prices.alarm],
    ],
    ...(flowLogs ? { "flow logs": [[ASSUMED.flowLogGb, prices.logGb]] } : {}),
    secrets: [[SECRETS.region + (isHome ? SECRETS.home : 0), EVERYWHERE.secret]],
    ...(isHome && hub !== undefined
      ? {
          hub: [
            [HOURS, instanceHour(prices, hub.instanceType)],
            [hub.diskGb, prices.gp3Gb],
            // Snapshots hold what changed: at most the volume once, in most fleets.
            [hub.diskGb, prices.snapshotGb],
          ],
        }
      : {}),
  };
}

const STRENGTH: readonly Source[] = ["list", "page", "copy", "memory"];

function costOf(items: readonly Item[]): Cost {
  let dollars = 0;
  let weakest = -1;
  for (const [quantity, price] of items) {
    if (price === undefined) return { dollars: null, source: null };
    dollars += quantity * price.dollars;
    weakest = Math.max(weakest, STRENGTH.indexOf(price.source));
  }
  return { dollars: round(dollars), source: STRENGTH[weakest] ?? null };
}

function round(dollars: number): number {
  return Math.round(dollars * 100) / 100;
}
