import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Transform } from "../../component.ts";
import type { RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";

export interface StoreBucketArgs {
  readonly region: RegionName;
  /** The bucket's own name, unique in the world. */
  readonly bucketName: string;
  /** Whether it is kept when it has objects; a region that retires gives its up. */
  readonly protect: boolean;
  /** Whether it was made before, by hand, and is taken over. Default: no. */
  readonly isThere?: true;
  readonly transform?: Transform<aws.s3.BucketArgs> | undefined;
}

/** Versions that were replaced (of `current`, acknowledgements, leases) are kept this long, days. */
const OLD_VERSION_DAYS = 30;

/** A bucket of the release store: versioned, encrypted, private, by TLS alone. */
export class StoreBucket extends RegionalComponent {
  readonly arn: pulumi.Output<string>;
  readonly bucket: pulumi.Output<string>;
  /** What replication has to wait for. */
  readonly versioning: aws.s3.BucketVersioning;

  constructor(name: string, args: StoreBucketArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:StoreBucket", name, args.region, opts);
    const bucket = this.makeNamed(
      aws.s3.Bucket,
      "bucket",
      { bucket: args.bucketName, forceDestroy: !args.protect },
      {
        transform: args.transform,
        protect: args.protect,
        // An import is refused where anything differs: tags that somebody gave it, and what Amazon does not know.
        ...(args.isThere ? { import: args.bucketName, ignoreChanges: ["tags", "tagsAll", "forceDestroy"] } : {}),
      },
    );
    const of = { bucket: bucket.bucket };
    this.versioning = this.make(aws.s3.BucketVersioning, "versioning", {
      ...of,
      versioningConfiguration: { status: "Enabled" },
    });
    this.make(aws.s3.BucketServerSideEncryptionConfiguration, "encryption", {
      ...of,
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
    });
    const block = this.make(aws.s3.BucketPublicAccessBlock, "private", {
      ...of,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    this.make(aws.s3.BucketOwnershipControls, "owner", { ...of, rule: { objectOwnership: "BucketOwnerEnforced" } });
    this.make(
      aws.s3.BucketPolicy,
      "tls",
      { ...of, policy: bucket.arn.apply(tlsOnly) },
      // Amazon refuses two changes of a bucket's access at once.
      { dependsOn: block },
    );
    this.make(
      aws.s3.BucketLifecycleConfiguration,
      "lifecycle",
      {
        ...of,
        rules: [
          {
            id: "old-versions",
            status: "Enabled",
            filter: {},
            // What was removed, leases say, leaves a marker.
            expiration: { expiredObjectDeleteMarker: true },
            noncurrentVersionExpiration: { noncurrentDays: OLD_VERSION_DAYS },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
      { dependsOn: this.versioning },
    );
    this.arn = bucket.arn;
    this.bucket = bucket.bucket;
    this.registerOutputs({ bucket: this.bucket });
  }
}

/** Policy that refuses whoever comes without TLS. */
function tlsOnly(arn: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TlsOnly",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
}
