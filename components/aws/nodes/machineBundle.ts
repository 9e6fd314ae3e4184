import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { zoneSubnets } from "../../config/cidr.ts";
import type { AwsConfig, FleetConfig, RegionConfig } from "../../config/fleetConfig.ts";
import { INSTANCE_TYPES } from "../../config/instanceTypes.ts";
import type { BootConfig } from "../../node/boot/bootConfig.ts";
import { nodeBundle } from "../../node/boot/bundle.ts";
import { NODE_NAME_PLACEHOLDER } from "../../node/boot/nodeName.ts";
import { certificateSecrets } from "../../node/certificates.ts";
import { renderContainerNode } from "../../node/containers/containerNode.ts";
import type { NodeImages } from "../../node/containers/images.ts";
import { COUNTRY_MAP } from "../../node/haproxy/countryMap.ts";
import { type NodeConfig, regionConfig, servedContainers } from "../../node/nodeConfig.ts";
import { secretPrefix } from "../access/secretNames.ts";
import { ADMIN_PORTS, PUBLIC_PORTS } from "../ports.ts";
import { storeAddress } from "../store/storeAddress.ts";

/** Security updates are installed in these hours, UTC. */
const UPDATES = { fromHour: 3, hours: 2 };

export interface MachineBundleArgs {
  readonly fleet: FleetConfig & { readonly aws: AwsConfig };
  readonly region: RegionConfig;
  readonly images: NodeImages;
  /** Registries that nodes pull from. */
  readonly registries: readonly string[];
  /** HAProxy's map from networks to countries; null without a database. */
  readonly countries: string | null;
  readonly groupName: string;
  readonly drainSeconds: number;
}

/** A bundle's hash, and the file that has it, relative to the project. */
export interface BundleFile {
  readonly sha256: string;
  readonly path: string;
}

/**
 * Renders all that makes a node of a region's machines and writes it to a file named after its content: state and diffs have the name alone.
 *
 * @throws Error when the machine is too small for its services.
 */
export function writeMachineBundle(args: MachineBundleArgs, buildDir: string): BundleFile {
  const { fleet, region, images } = args;
  const machine = INSTANCE_TYPES[fleet.aws.instances.types[0] as keyof typeof INSTANCE_TYPES];
  const files = renderContainerNode({
    node: cloudNode(args),
    machine: { ...machine, data: "/var/lib/edge", adminAddress: "127.0.0.1" },
    images,
    store: storeAddress(fleet, region.name),
    releaseKeys: fleet.aws.releaseKey?.trusted ?? null,
    functions: servedContainers(fleet, region).map(({ name, env, container: { host: _, ...container } }) => ({
      name,
      env,
      ...container,
    })),
  });
  const boot: Omit<BootConfig, "bundle"> = {
    region: region.name,
    registries: args.registries,
    updates: UPDATES,
    scalingGroup: args.groupName,
    httpPort: PUBLIC_PORTS.http,
    drainSeconds: args.drainSeconds,
  };
  const countries = args.countries === null ? {} : { [`etc/${COUNTRY_MAP}`]: args.countries };
  const { sha256, bytes } = nodeBundle(boot, { ...files, ...countries });
  const file = path.join(buildDir, "bundles", `${sha256}.tar`);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return { sha256, path: file };
}

/** A node of a region's group. Its name is its machine's, which the machine puts in; its siblings are the agent's to find. */
function cloudNode({ fleet, region, groupName }: MachineBundleArgs): NodeConfig {
  return {
    ...regionConfig(fleet, region),
    name: NODE_NAME_PLACEHOLDER,
    address: "0.0.0.0",
    ports: { ...PUBLIC_PORTS, ...ADMIN_PORTS },
    // Whatever comes from the load balancer's subnets says by PROXY protocol who its client is.
    loadBalancers: zoneSubnets(region.cidr).public.slice(0, fleet.aws.zones),
    siblings: [],
    cloud: {
      group: groupName,
      home: fleet.aws.home,
      certificateSecrets: certificateSecrets(fleet.aws.certificateSecret),
      secretPrefix: secretPrefix(fleet.name),
    },
    resolver: null,
  };
}
