import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { AwsConfig, FleetConfig, RegionConfig } from "../../config/fleetConfig.ts";
import { renderUserData } from "../../node/boot/userData.ts";
import type { ImagesLock } from "../../node/containers/images.ts";
import type { Region } from "../../region.ts";
import { RegionAlarms } from "../alarms/regionAlarms.ts";
import { ImageArrival } from "../images/imageArrival.ts";
import { nodeImages } from "../images/nodeImages.ts";
import { LoadBalancer, type LoadBalancerArgs } from "../loadBalancer/loadBalancer.ts";
import { Network, type NetworkArgs } from "../network/network.ts";
import { groupPrefix } from "../nodes/groupPrefix.ts";
import { writeMachineBundle } from "../nodes/machineBundle.ts";
import { NodeGroup, type NodeGroupArgs } from "../nodes/nodeGroup.ts";
import { RegionalComponent } from "../regional.ts";
import type { OwnImage, Registry } from "../registry/registry.ts";
import type { StoreBuckets } from "../store/storeBuckets.ts";

/** Changes to a region's resources before they are made. */
export interface RegionTransforms {
  readonly network?: NetworkArgs["transform"];
  readonly loadBalancer?: LoadBalancerArgs["transform"];
  readonly nodes?: NodeGroupArgs["transform"];
  readonly bundle?: Transform<aws.s3.BucketObjectv2Args>;
}

export interface AwsRegionArgs {
  readonly fleet: FleetConfig & { readonly aws: AwsConfig };
  readonly config: RegionConfig;
  readonly store: StoreBuckets;
  /** The release that machines find when they start. */
  readonly release: pulumi.Resource;
  /** Names of the availability zones that it is in. */
  readonly zones: readonly pulumi.Input<string>[];
  readonly registry: Registry;
  readonly imageDigests: Readonly<Record<OwnImage, pulumi.Output<string>>>;
  readonly lock: ImagesLock;
  readonly flowLogRole: pulumi.Input<string> | null;
  readonly instanceProfileArn: pulumi.Input<string>;
  /** HAProxy's map from networks to countries; null without a database. */
  readonly countries: string | null;
  /** Folder of what is built, relative to the project. */
  readonly buildDir: string;
  readonly transform?: RegionTransforms | undefined;
}

/** The load balancer looks elsewhere within 10 s; what it sends until then is served, and resolvers keep an address for a minute. */
const DRAIN_SECONDS = 75;

/** Where bundles are in the store's buckets. */
const BUNDLES = "bundles/";

/** A region of the fleet: its network, its load balancer and its nodes. */
export class AwsRegion extends RegionalComponent implements Region {
  readonly name: string;
  /** Public name of the load balancer. */
  readonly address: pulumi.Output<string>;
  readonly loadBalancer: LoadBalancer;
  readonly nodes: NodeGroup;
  readonly alarms: RegionAlarms;
  /** Hash of what its nodes are made from. */
  readonly bundle: pulumi.Output<string>;

  constructor(name: string, args: AwsRegionArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:Region", name, args.config.name, opts);
    const { fleet, config, transform } = args;
    const protect = fleet.aws.protect && !config.retire;
    const groupName = `${groupPrefix(fleet.name)}${config.name}`;
    this.name = config.name;
    const network = new Network(
      this.childName("network"),
      {
        region: config.name,
        cidr: config.cidr,
        zones: args.zones,
        nat: fleet.aws.nat,
        flowLogRole: args.flowLogRole,
        transform: transform?.network,
      },
      this.childOf(),
    );
    this.loadBalancer = new LoadBalancer(
      this.childName("door"),
      {
        region: config.name,
        vpcId: network.vpcId,
        subnetIds: network.publicSubnetIds,
        drainSeconds: DRAIN_SECONDS,
        protect,
        transform: transform?.loadBalancer,
      },
      this.childOf(),
    );
    this.bundle = this.putBundle(args, groupName);
    const images = new ImageArrival(
      this.childName("images"),
      { region: config.name, repositories: args.registry.names, digests: args.imageDigests },
      this.childOf(),
    );
    this.nodes = new NodeGroup(
      this.childName("nodes"),
      {
        config,
        aws: fleet.aws,
        fleet: fleet.name,
        groupName,
        vpcId: network.vpcId,
        subnetIds: network.nodeSubnetIds,
        loadBalancer: this.loadBalancer,
        instanceProfileArn: args.instanceProfileArn,
        userData: this.userData(args),
        drainSeconds: DRAIN_SECONDS,
        startsAfter: [images, args.release],
        transform: transform?.nodes,
      },
      this.childOf(),
    );
    this.alarms = new RegionAlarms(
      this.childName("alarms"),
      {
        region: config.name,
        groupName: this.nodes.groupName,
        loadBalancer: this.loadBalancer.metricNames,
        emails: fleet.aws.alarmEmails,
      },
      this.childOf(),
    );
    this.address = this.loadBalancer.dnsName;
    this.registerOutputs({ name: this.name, address: this.address });
  }

  /** Puts the nodes' bundle into the store's home; its hash. */
  private putBundle(args: AwsRegionArgs, groupName: string): pulumi.Output<string> {
    const { fleet, config, store, registry, imageDigests, lock, countries, buildDir } = args;
    const own = pulumi.all([registry.urls.runner, registry.urls.varnish, imageDigests.runner, imageDigests.varnish]);
    const bundle = own.apply(([runnerUrl, varnishUrl, runnerDigest, varnishDigest]) =>
      writeMachineBundle(
        {
          fleet,
          region: config,
          images: nodeImages(lock, {
            runner: { url: runnerUrl, digest: runnerDigest },
            varnish: { url: varnishUrl, digest: varnishDigest },
          }),
          registries: [runnerUrl.slice(0, runnerUrl.indexOf("/"))],
          countries,
          groupName,
          drainSeconds: DRAIN_SECONDS,
        },
        buildDir,
      ),
    );
    const object = new aws.s3.BucketObjectv2(
      this.childName("bundle"),
      {
        region: store.home.region,
        bucket: store.home.bucket,
        key: bundle.apply(({ sha256 }) => `${BUNDLES}${sha256}`),
        source: bundle.apply(({ path }) => new pulumi.asset.FileAsset(path)),
        contentType: "application/x-tar",
      },
      // Machines of the version before still start from theirs.
      this.childOf({ retainOnDelete: true }),
    );
    return object.key.apply((key) => key.slice(BUNDLES.length));
  }

  /** cloud-init's text, which names the bundle by its hash and where it may be found. */
  private userData({ config, store }: AwsRegionArgs): pulumi.Output<string> {
    const places = [store.replicas.get(config.name), store.home].filter((place) => place !== undefined);
    return pulumi.all([this.bundle, ...places.map(({ bucket }) => bucket)]).apply(([sha256, ...buckets]) =>
      renderUserData({
        bundle: {
          sha256: sha256 as string,
          sources: places.map(({ region }, index) => ({
            region,
            url: `https://${buckets[index]}.s3.${region}.amazonaws.com/${BUNDLES}${sha256}`,
          })),
        },
      }),
    );
  }
}
