import { readReleaseKeys } from "@edge-fleet/runner/release/signature";
import * as z from "zod";
import { ARCHITECTURES, INSTANCE_TYPE_NAMES } from "./instanceTypes.ts";
import { distinct, keyed, regionCode, text } from "./schemaParts.ts";

/** Where NAT gateways stand: none at all, one in each region, one in each zone. */
export const NAT_MODES = ["none", "single", "per-zone"] as const;

const instances = keyed({
  types: distinct(z.enum(INSTANCE_TYPE_NAMES, { error: "is not an instance type that a node may be" }))
    .min(1)
    .default(["c8g.large", "c7g.large"])
    .describe("Instance types, the preferred one first; all of one architecture. The first one sizes the containers."),
  spotPercent: z
    .int()
    .min(0)
    .max(100)
    .default(0)
    .describe("Share of Spot instances above the first `nodes` of a region, which are always On-Demand."),
  cpuTarget: z.int().min(10).max(90).default(55).describe("Mean CPU use that a region's group aims at, percent."),
  requestsTarget: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe(
      "Requests per second and node that a region's group aims at, beside CPU: it grows by either. Default: CPU alone.",
    ),
  diskGb: z.int().min(16).max(16_384).default(32).describe("Size of a node's encrypted gp3 volume, GB."),
}).prefault({});

const machineImage = keyed({
  release: text({
    fits: (release) => /^[a-z]+-\d\d\.04$/.test(release),
    problem: "is not a long-term release of Ubuntu",
    remedy: "Use its code name and number: noble-24.04.",
  })
    .default("noble-24.04")
    .describe("Release of Ubuntu, as the names of its images have it."),
  serial: text({
    fits: (serial) => /^20\d{6}(\.\d+)?$/.test(serial),
    problem: "is not the serial of an image",
    remedy: "Use the date at the end of the image's name: 20261014.",
  })
    .nullable()
    .default(null)
    .describe(
      "Serial of the image; `edge bump-ami` sets it. While it is null a preview warns and an `up` refuses: none is taken unasked.",
    ),
}).prefault({});

const digest = text({
  fits: (value) => /^sha256:[0-9a-f]{64}$/.test(value),
  problem: "is not an image's digest",
  remedy: "Use sha256: and 64 hex digits.",
});

const images = keyed({
  runner: digest
    .nullable()
    .default(null)
    .describe("Digest of a runner's image that is in the registry. Null: the program builds and pushes it."),
  varnish: digest.nullable().default(null).describe("The same for the cache's image."),
}).prefault({});

const rollout = keyed({
  canary: regionCode.optional().describe("Region whose nodes are replaced first. Default: the one with fewest nodes."),
  waveSize: z.int().min(1).max(33).default(2).describe("Regions that are replaced side by side after the canary."),
  bakeMinutes: z
    .int()
    .min(0)
    .max(2_880)
    .default(5)
    .describe("How long a region's new nodes serve before the next wave begins, minutes."),
  timeoutMinutes: z
    .int()
    .min(5)
    .max(1_440)
    .default(60)
    .describe("After this long a region's roll is cancelled and rolled back, and later waves do not begin."),
}).prefault({});

const hub = keyed({
  instanceType: z
    .enum(INSTANCE_TYPE_NAMES, { error: "is not an instance type that a hub may be" })
    .default("t4g.large")
    .describe("Instance type of the hub."),
  diskGb: z.int().min(20).max(16_384).default(100).describe("Size of the hub's data volume, GB."),
  snapshotDays: z.int().min(1).max(365).default(14).describe("How long daily snapshots of that volume are kept."),
});

const releaseKey = keyed({
  secret: text({
    fits: (name) => /^[\w+=.@/-]{1,400}$/.test(name) && !name.startsWith("edge-fleet/"),
    problem: (name) =>
      name.startsWith("edge-fleet/")
        ? "is a name that nodes may read, and they must not sign"
        : "is not the name of a secret",
    remedy: "Use the name under which Secrets Manager of the home region has it: edge-release/prod.",
  }).describe("Secrets Manager's name of the private Ed25519 key, PEM, with which deployers sign releases."),
  trusted: text({
    fits: areReleaseKeys,
    problem: "is not one or more public Ed25519 keys in PEM",
    remedy: "Give what `openssl pkey -pubout` prints of the secret's key, below `trusted: |`.",
  }).describe("Public keys that nodes believe, PEM, one below the other; the first is the secret's."),
});

/** Number of an AWS account; null where none is chosen yet. */
export const accountNumber = text({
  fits: (account) => /^\d{12}$/.test(account),
  problem: "is not the number of an AWS account",
  remedy: 'Use its twelve digits, in quotes: "111122223333".',
})
  .nullable()
  .default(null);

export const tags = z
  .record(
    text({
      fits: (key) => /^(?!aws:)[\w\s.:/=+@-]{1,128}$/.test(key),
      problem: "is not the key of a tag",
      remedy: "Use up to 128 letters, digits, spaces and . : / = + @ _ -, not beginning with aws:.",
    }),
    z.string().max(256),
  )
  .default({});

/** `edge-fleet:aws`: what a fleet in the cloud is made of. */
export const aws = keyed({
  account: accountNumber.describe(
    "The account; any other is refused. While it is null a preview warns and an `up` refuses.",
  ),
  home: regionCode.describe("Region of the release store's home bucket and of the hub."),
  production: z
    .boolean()
    .default(false)
    .describe("Refuses what only a trial may do: `nat: none`, one zone's outage taking a region, no protection."),
  zones: z.int().min(2).max(3).default(2).describe("Availability zones of each region's network."),
  nat: z
    .enum(NAT_MODES, { error: "is not a way out for nodes" })
    .default("single")
    .describe(
      "How nodes reach the internet. `none`: they have public addresses, and only the load balancer reaches them. `single`: one NAT gateway a region. `per-zone`: one in each zone.",
    ),
  instances: instances.describe("Machines of the nodes."),
  architecture: z
    .enum(ARCHITECTURES, { error: "is not an architecture" })
    .default("arm64")
    .describe("Architecture of nodes, hub and images."),
  machineImage: machineImage.describe("Ubuntu image of nodes and hub, by its exact name."),
  images: images.describe("Images of ours that are in the registry already: CI builds them and gives their digests."),
  certificateSecret: text({
    fits: (name) => /^[\w+=.@/-]{1,400}$/.test(name) && !name.startsWith("edge-fleet/"),
    problem: (name) =>
      name.startsWith("edge-fleet/")
        ? "is a name that functions may read, and they must not have the fleet's key"
        : "is not the name of a secret",
    remedy: "Use the name under which Secrets Manager of the home region has it: edge-certificate/prod.",
  }).describe("Secrets Manager's name of the fleet's certificate, chain and key in PEM, with replicas in all regions."),
  releaseKey: releaseKey
    .nullable()
    .default(null)
    .describe("With what releases are signed. While it is null a preview warns and an `up` refuses."),
  protect: z
    .boolean()
    .optional()
    .describe("Whether what holds state or takes traffic is protected from deletion. Default: as `production`."),
  flowLogs: z.boolean().default(true).describe("Whether refused and accepted connections of each network are logged."),
  rollout: rollout.describe("How nodes are replaced: a canary region, then waves."),
  alarmEmails: distinct(
    text({
      fits: (address) => /^[^\s@]{1,64}@[^\s@]{1,190}$/.test(address),
      problem: "is not an address of e-mail",
      remedy: "Use one that people read: ops@example.com.",
    }),
  )
    .default([])
    .describe("Addresses that are told of the regions' alarms; each has to confirm once a region. Default: none."),
  hub: hub
    .optional()
    .describe(
      "Machine with the fleet's monitoring. Default: none. It is checked, and nothing declares it in this version.",
    ),
  tags: tags.describe("Tags on everything, beside `edge-fleet` (the stack) and `Name`."),
});

function areReleaseKeys(pem: string): boolean {
  try {
    return readReleaseKeys(pem, "trusted").length > 0;
  } catch {
    return false;
  }
}

export type RawAws = z.output<typeof aws>;
