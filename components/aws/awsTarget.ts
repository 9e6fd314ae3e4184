import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent, type Transform, transformed } from "../component.ts";
import type { AwsConfig, FleetConfig } from "../config/fleetConfig.ts";
import { FunctionStore, type FunctionStoreArgs } from "../functionStore/functionStore.ts";
import { countryMap } from "../geoip/countryMap.ts";
import { regionalName } from "../node/nodeConfig.ts";
import { FlowLogRole } from "./access/flowLogRole.ts";
import { NodeRole } from "./access/nodeRole.ts";
import { secretPrefix } from "./access/secretNames.ts";
import type { CloudOutputs } from "./cloudOutputs.ts";
import { readImagesLock } from "./images/nodeImages.ts";
import { OwnImages } from "./images/ownImages.ts";
import { groupPrefix } from "./nodes/groupPrefix.ts";
import { AwsRegion, type RegionTransforms } from "./region/awsRegion.ts";
import { chooseZones } from "./region/zones.ts";
import { Registry } from "./registry/registry.ts";
import { Rollouts } from "./rollout/rollouts.ts";
import { accountOf, storeAddress } from "./store/storeAddress.ts";
import { StoreBuckets } from "./store/storeBuckets.ts";
import { refuseUnknownFacts } from "./unknownFacts.ts";

export interface AwsTargetArgs {
  readonly fleet: FleetConfig & { readonly aws: AwsConfig };
  readonly functions: readonly FunctionManifest[];
  /** Folder of what is built, relative to the project. */
  readonly buildDir: string;
  readonly transform?: AwsTransforms | undefined;
}

/** Changes to the resources of the AWS target before they are made. */
export interface AwsTransforms {
  readonly region?: RegionTransforms;
  readonly storeBucket?: Transform<aws.s3.BucketArgs>;
  readonly release?: Transform<FunctionStoreArgs>;
}

/** A whole fleet in one AWS account: what its regions share, and the regions side by side. */
export class AwsTarget extends EdgeComponent {
  readonly regions: readonly AwsRegion[];
  /** Number of the live release. */
  readonly release: pulumi.Output<number>;
  readonly outputs: CloudOutputs;

  constructor(name: string, args: AwsTargetArgs, opts: pulumi.ComponentResourceOptions) {
    const { fleet, transform } = args;
    const lock = readImagesLock();
    refuseUnknownFacts(fleet.aws, lock);
    // One provider for all regions: a process for each would cost hundreds of MB.
    const provider = new aws.Provider(
      `${name}-provider`,
      {
        region: fleet.aws.home,
        // No account is the one that is not named yet: a preview would end there instead of telling so.
        ...(fleet.aws.account === null ? {} : { allowedAccountIds: [fleet.aws.account] }),
        defaultTags: { tags: { "edge-fleet": fleet.name, ...fleet.aws.tags } },
      },
      opts,
    );
    super("edge-fleet:aws:Target", name, { ...opts, providers: { aws: provider } });
    const prefix = `edge-${fleet.name}`;

    const store = new StoreBuckets(
      this.childName("store"),
      {
        fleet,
        regions: fleet.regions.map((region) => ({
          name: region.name,
          protect: fleet.aws.protect && !region.retire,
        })),
        protect: fleet.aws.protect,
        transform: transform?.storeBucket,
      },
      this.childOf(),
    );
    const release = this.putRelease(args, store);
    const registries = new Map(
      fleet.regions.map(({ name: region, retire }) => [
        region,
        new Registry(
          this.childName(`${region}-registry`),
          { region, prefix, protect: fleet.aws.protect && !retire },
          this.childOf(),
        ),
      ]),
    );
    const images = new OwnImages(
      this.childName("images"),
      {
        home: fleet.aws.home,
        registry: registries.get(fleet.aws.home) as Registry,
        architecture: fleet.aws.architecture,
        digests: fleet.aws.images,
        lock,
      },
      this.childOf(),
    );
    const role = new NodeRole(
      this.childName("nodes"),
      {
        fleet: fleet.name,
        accountId: accountOf(fleet.aws),
        homeBucketArn: store.home.arn,
        replicaArns: [...store.replicas.values()].map(({ arn }) => arn),
        certificateSecret: fleet.aws.certificateSecret,
        repositoryPrefix: prefix,
      },
      this.childOf(),
    );
    const flowLogRole = fleet.aws.flowLogs
      ? new FlowLogRole(this.childName("flow"), { accountId: accountOf(fleet.aws) }, this.childOf()).arn
      : null;
    const countries = fleet.geoipDatabase === null ? null : countryMap(fleet.geoipDatabase);
    const zones = chooseZones(
      fleet.regions.map(({ name: region }) => region),
      fleet.aws,
      { parent: this },
    );
    this.regions = fleet.regions.map(
      (config) =>
        new AwsRegion(
          this.childName(config.name),
          {
            fleet,
            config,
            store,
            release,
            zones: zones.get(config.name) ?? [],
            registry: registries.get(config.name) as Registry,
            imageDigests: images.digests,
            lock,
            flowLogRole,
            instanceProfileArn: role.instanceProfileArn,
            countries,
            buildDir: args.buildDir,
            transform: transform?.region,
          },
          this.childOf(),
        ),
    );
    new Rollouts(
      this.childName("rollout"),
      { aws: fleet.aws, configs: fleet.regions, regions: this.regions },
      this.childOf(),
    );
    this.release = release.release;
    this.outputs = {
      url: `https://${fleet.domain}`,
      regions: Object.fromEntries(
        this.regions.map(({ name: region, address }) => [
          region,
          { address, url: `https://${regionalName(region, fleet.domain)}` },
        ]),
      ),
      release: release.release,
      generation: release.generation,
      store: storeAddress(fleet).address,
    };
    this.registerOutputs({ release: this.release });
  }

  /** What machines find when they start: the functions, signed, in the home bucket. */
  private putRelease({ fleet, functions, buildDir, transform }: AwsTargetArgs, store: StoreBuckets): FunctionStore {
    const name = this.childName("release");
    const { releaseKey, home } = fleet.aws;
    const args: FunctionStoreArgs = {
      functions,
      buildDir,
      drift: fleet.drift,
      cloud: {
        address: storeAddress(fleet).address,
        releaseKey: releaseKey === null ? null : { ...releaseKey, region: home },
        groups: groupPrefix(fleet.name),
        secrets: secretPrefix(fleet.name),
      },
    };
    // All of the buckets: what is written before replication is set up is in no copy.
    return new FunctionStore(name, transformed(transform?.release, args, name), this.childOf({ dependsOn: [store] }));
  }
}
