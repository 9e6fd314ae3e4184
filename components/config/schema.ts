import { RUNNER_RANGES } from "@edge-fleet/runner/config";
import { DRIFT_CHOICES } from "@edge-fleet/runner/release/declaration";
import * as z from "zod";
import { aws } from "./awsSchema.ts";
import { cache } from "./cacheSchema.ts";
import { isPrivate, LARGEST_REGION_PREFIX as LARGEST, parseCidr, SMALLEST_REGION_PREFIX as SMALLEST } from "./cidr.ts";
import { CONTINENTS, COUNTRIES, COUNTRY_ALIASES } from "./countries.ts";
import { edgeFunction, fleetLimits } from "./functionSchema.ts";
import { isFleetDomain, isLoopback } from "./hostName.ts";
import { LARGEST_FARM } from "./nodeAddresses.ts";
import { origins } from "./originSchema.ts";
import { issuers } from "./policySchema.ts";
import { AWS_REGION_CODES, AWS_REGIONS, type AwsRegionCode } from "./regions.ts";
import { distinct, keyed, regionCode, text, UNKNOWN_REGION } from "./schemaParts.ts";
import { postgresDatabases, redisServers } from "./storeSchema.ts";

const port = (defaultPort: number, use: string) =>
  z.int().min(1).max(65_535).default(defaultPort).describe(`TCP port of ${use}.`);

const country = text({
  fits: (code) => COUNTRIES.has(code),
  problem: "is not an ISO 3166-1 alpha-2 country code",
  remedy: `Use two capital letters: JP, DE, ${[...COUNTRY_ALIASES].map(([from, to]) => `${to} for ${from}`).join(", ")}.`,
}).meta({ pattern: "^[A-Z]{2}$" });

const region = keyed({
  continents: distinct(z.enum(CONTINENTS, { error: "is not the code of a continent" }))
    .default([])
    .describe("Continents served from here. One that no region names goes to the default region."),
  countries: distinct(country)
    .default([])
    .describe("Countries served from here although their continent is not: ISO 3166-1 alpha-2 codes."),
  default: z.boolean().default(false).describe("Serves whoever is not on the map. Exactly one region has it."),
  address: text({
    fits: isLoopback,
    problem: "is not an IPv4 loopback address",
    remedy: "Use 127.0.0.1 to 127.255.255.254; IPv6 is not supported here.",
  })
    .optional()
    .describe("With `target: local`: the loopback address of the region's node, its own: 127.0.1.1."),
  nodes: z
    .int()
    .min(1)
    .max(LARGEST_FARM)
    .default(1)
    .describe(
      "Nodes that serve the region. With `target: local` each further one is at the region's address with one more in the second number: 127.0.1.1, 127.1.1.1.",
    ),
  maxNodes: z
    .int()
    .min(1)
    .max(500)
    .optional()
    .describe("With `target: aws`: the most nodes that the region grows to. Default: twice `nodes`."),
  retire: z
    .boolean()
    .optional()
    .describe(
      "With `target: aws`: takes the region out of DNS, drains it and lifts its protections, so that it can be deleted next. Default: no.",
    ),
  failover: distinct(regionCode)
    .optional()
    .describe("Regions that take over, first one first. Default: all others, nearest first by measured round trip."),
  cidr: text({
    fits: (cidr) => {
      const parsed = parseCidr(cidr);
      return parsed !== null && isPrivate(parsed) && parsed.prefix >= LARGEST && parsed.prefix <= SMALLEST;
    },
    problem: `is not a private IPv4 network of /${LARGEST} to /${SMALLEST}`,
    remedy: "Use the first address of a block in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: 10.40.0.0/16.",
  })
    .optional()
    .describe("Address range of the region's network. Default: the region's own fixed /16 of 10.0.0.0/8."),
}).meta({ id: "region" });

const ports = keyed({
  https: port(8443, "HTTPS, on each region's address"),
  http: port(8080, "HTTP, on each region's address"),
  peers: port(8444, "other nodes and regions (mutual TLS), on each region's address"),
  haproxyMetrics: port(8404, "HAProxy's metrics, on each region's address"),
  varnishMetrics: port(9131, "Varnish's metrics, on each region's address"),
  runnerAdmin: port(9464, "the runner's health and metrics, on each region's address"),
  agentAdmin: port(9465, "the agent's health and metrics, on each region's address"),
  dns: port(5300, "geo DNS (UDP too), on the hub's address"),
  prometheus: port(9090, "Prometheus, on the hub's address"),
  origin: port(9900, "the demo origin, on the hub's address"),
});

const local = keyed({
  hubAddress: text({
    fits: isLoopback,
    problem: "is not an IPv4 loopback address",
    remedy: "Use 127.0.0.1 to 127.255.255.254; IPv6 is not supported here.",
  })
    .default("127.0.1.254")
    .describe("Loopback address of what the regions share: DNS, Prometheus, the demo origin."),
  ports: ports.prefault({}).describe("Ports of the local processes."),
});

const regions = keyed(
  Object.fromEntries(
    AWS_REGION_CODES.map((code) => {
      const { place, continent, optIn } = AWS_REGIONS[code];
      return [code, region.optional().describe(`${place} (${continent})${optIn ? ", an opt-in region" : ""}.`)];
    }),
  ) as Record<AwsRegionCode, z.ZodOptional<typeof region>>,
  UNKNOWN_REGION,
);

const ranged = ({ min, max }: { min: number; max: number }, value: number) => z.int().min(min).max(max).default(value);

const size = keyed({
  workers: ranged(RUNNER_RANGES.workers, 1).describe(
    "Sandbox worker processes that serve, per node; one more stands by.",
  ),
  privateWorkers: ranged(RUNNER_RANGES.privateWorkers, 4).describe(
    "Further worker processes, started on demand, each for one function: those with `isolation: private`, and those that took their process down.",
  ),
  // 50 isolates of 1.4–3.3 MB beside Node itself, and room.
  workerRssMb: ranged(RUNNER_RANGES.workerRssMb, 512).describe(
    "Resident size above which a worker process is replaced, MB.",
  ),
  isolates: keyed({
    max: ranged(RUNNER_RANGES.isolates.max, 50).describe(
      "Isolates that one worker keeps; the least recently used idle one makes room.",
    ),
    idleMs: ranged(RUNNER_RANGES.isolates.idleMs, 5 * 60_000).describe("Idle time after which an isolate ends, ms."),
    spare: ranged(RUNNER_RANGES.isolates.spare, 2).describe(
      "Isolates kept ready with no function in them, per worker, for functions that have none.",
    ),
  })
    .prefault({})
    .describe("What a worker keeps of isolates."),
  cacheMb: z.int().min(16).max(1_048_576).default(64).describe("Varnish memory storage per node, MB."),
  files: z
    .int()
    .min(1_024)
    .max(1_048_576)
    .default(65_536)
    .describe(
      "Files that HAProxy opens at most, two for each connection of a client; the machine's own hard limit where that is lower.",
    ),
  clientConnections: z
    .int()
    .min(10)
    .max(524_288)
    .default(1_000)
    .describe(
      "Connections that one address of clients (of IPv6: one /64) may have at a node at once: beyond them requests get status 429, beyond twice as many connections are ended.",
    ),
});

/** The stack config below `edge-fleet:`, as people write it. */
export const rawConfig = keyed({
  target: z
    .enum(["local", "aws"], { error: "is not a known target" })
    .describe("Where the fleet runs: `local` as processes of this machine, `aws` in the cloud."),
  domain: text({
    fits: isFleetDomain,
    problem: "is not a domain name that a fleet can answer for",
    remedy:
      "Use two or more lower-case labels of letters, digits and inner hyphens: edge.example.com; other letters as xn--….",
  }).describe("Domain that the fleet answers for: `edge.example.com`."),
  drift: z
    .enum(DRIFT_CHOICES, { error: "is not what an up can do about drift" })
    .default("adopt")
    .describe(
      "What `pulumi up` does with a function whose declaration is as before and whose stable version or status a command has changed: `adopt` leaves that, `reassert` undoes it, `refuse` fails and says who changed what.",
    ),
  regions: regions.describe("The fleet's regions, by AWS code. At least one."),
  size: size.prefault({}).describe("Size of a node."),
  geoipDatabase: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Path of a MaxMind country or city database, relative to the project. Default: none; countries are `XX`.",
    ),
  limits: fleetLimits
    .prefault({})
    .describe("Defaults and ceilings of functions' limits in this fleet, within those of docs/limits.md."),
  functions: z
    .record(z.string(), edgeFunction)
    .default({})
    .describe("What a function of the folder `functions/` has different from the defaults, by its name."),
  origins,
  cache,
  postgres: postgresDatabases,
  redis: redisServers,
  issuers,
  aws: aws.optional().describe("Only with `target: aws`: what the fleet in the cloud is made of."),
  local: local.optional().describe("Only with `target: local`: addresses and ports of this machine."),
});

/** The stack config, with defaults filled in where they do not depend on anything else. */
export type RawConfig = z.output<typeof rawConfig>;
export type RawRoute = Exclude<NonNullable<RawConfig["functions"][string]["routes"]>[number], string>;
export type RawRegion = z.output<typeof region>;

export const DEFAULT_SIZE = size.parse({});
export const DEFAULT_LOCAL = local.parse({});
