import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { EdgeComponent, type Transform } from "../../component.ts";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import { assumedBy, policy } from "../access/policyDocument.ts";
import { storeBucketName } from "./storeAddress.ts";
import { StoreBucket } from "./storeBucket.ts";

export interface StoreBucketsArgs {
  readonly fleet: { readonly name: string; readonly aws: AwsConfig };
  /** All regions that get a copy; the home region may be among them. */
  readonly regions: readonly { readonly name: RegionName; readonly protect: boolean }[];
  readonly protect: boolean;
  readonly transform?: Transform<aws.s3.BucketArgs> | undefined;
}

/** What is copied to other regions. The rest changes, and is asked for at home. */
const COPIED = ["modules/", "releases/", "bundles/"] as const;

/** The release store: a home bucket, the only one that is written to, and a copy in every other region. */
export class StoreBuckets extends EdgeComponent {
  readonly home: StoreBucket;
  /** Copies, by region. */
  readonly replicas: ReadonlyMap<RegionName, StoreBucket>;

  constructor(name: string, args: StoreBucketsArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:StoreBuckets", name, opts);
    const bucketIn = (region: RegionName, protect: boolean) =>
      new StoreBucket(
        this.childName(region),
        {
          region,
          bucketName: storeBucketName(args.fleet, region),
          protect,
          transform: args.transform,
        },
        this.childOf(),
      );
    const { home } = args.fleet.aws;
    this.home = bucketIn(home, args.protect);
    this.replicas = new Map(
      args.regions
        .filter((region) => region.name !== home)
        .map((region) => [region.name, bucketIn(region.name, region.protect)] as const),
    );
    if (this.replicas.size > 0) this.replicate(home);
    this.registerOutputs({ home: this.home.bucket });
  }

  private replicate(home: RegionName): void {
    const replicas = [...this.replicas.values()];
    const role = new aws.iam.Role(
      this.childName("replication"),
      { assumeRolePolicy: assumedBy("s3.amazonaws.com"), description: "Copies the release store to other regions" },
      this.childOf(),
    );
    const arns = pulumi.all(replicas.map(({ arn }) => arn));
    const rights = new aws.iam.RolePolicy(
      this.childName("replication"),
      {
        role: role.id,
        policy: pulumi.all([this.home.arn, arns]).apply(([from, to]) =>
          policy([
            { actions: ["s3:GetReplicationConfiguration", "s3:ListBucket"], resources: [from] },
            {
              actions: ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
              resources: [`${from}/*`],
            },
            { actions: ["s3:ReplicateObject", "s3:ReplicateTags"], resources: to.map((arn) => `${arn}/*`) },
          ]),
        ),
      },
      this.childOf(),
    );
    new aws.s3.BucketReplicationConfig(
      this.childName("replication"),
      {
        region: home,
        bucket: this.home.bucket,
        role: role.arn,
        rules: replicas.flatMap((replica, index) =>
          COPIED.map((prefix, part) => ({
            id: `${replica.region}-${prefix.slice(0, -1)}`,
            priority: index * COPIED.length + part,
            status: "Enabled",
            filter: { prefix },
            deleteMarkerReplication: { status: "Disabled" },
            destination: { bucket: replica.arn, storageClass: "STANDARD" },
          })),
        ),
      },
      this.childOf({
        dependsOn: [rights, this.home.versioning, ...replicas.map(({ versioning }) => versioning)],
      }),
    );
  }
}
