import { resourcePolicy } from "./policyRules.ts";
import {
  absent,
  check,
  eachOf,
  exactlyOne,
  given,
  matching,
  notBoth,
  oneOf,
  type Rule,
  type Values,
  when,
  within,
} from "./ruleParts.ts";

const ofBucket = [matching("bucket", /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)];

/** Of buckets, registries and disks. */
export const STORAGE_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "aws:s3/bucket:Bucket": [
    ...ofBucket,
    // Each has a resource of its own.
    absent(
      "acl",
      "versioning",
      "lifecycleRules",
      "replicationConfiguration",
      "serverSideEncryptionConfiguration",
      "policy",
    ),
  ],
  "aws:s3/bucketVersioning:BucketVersioning": [
    ...ofBucket,
    oneOf("versioningConfiguration.status", "Enabled", "Suspended", "Disabled"),
  ],
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": [
    ...ofBucket,
    oneOf("rules.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", "aws:kms", "aws:kms:dsse"),
    eachOf("rules.applyServerSideEncryptionByDefault", when("sseAlgorithm", "AES256", absent("kmsMasterKeyId"))),
  ],
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": [
    ...ofBucket,
    ...["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"].map((name) =>
      oneOf(name, true),
    ),
    given("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
  ],
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": [
    ...ofBucket,
    oneOf("rule.objectOwnership", "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced"),
  ],
  "aws:s3/bucketPolicy:BucketPolicy": [...ofBucket, resourcePolicy("policy")],
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": [
    ...ofBucket,
    eachOf(
      "rules",
      given("id", "status", "filter"),
      oneOf("status", "Enabled", "Disabled"),
      within("noncurrentVersionExpiration.noncurrentDays", 1, 36_500),
      within("abortIncompleteMultipartUpload.daysAfterInitiation", 1, 36_500),
      eachOf("expiration", exactlyOne("days", "date", "expiredObjectDeleteMarker")),
      check(
        "uploads are aborted for whole buckets or prefixes alone",
        ({ abortIncompleteMultipartUpload, filter }) =>
          abortIncompleteMultipartUpload === undefined || !("tag" in ((filter ?? {}) as Values)),
      ),
    ),
  ],
  "aws:s3/bucketReplicationConfig:BucketReplicationConfig": [
    ...ofBucket,
    given("role", "rules"),
    // The format that has filters wants all of these.
    eachOf("rules", given("id", "status", "filter", "priority", "deleteMarkerReplication", "destination")),
    oneOf("rules.status", "Enabled", "Disabled"),
    oneOf("rules.deleteMarkerReplication.status", "Enabled", "Disabled"),
    oneOf("rules.destination.storageClass", "STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING"),
    check("two rules have one priority or id", ({ rules }) => {
      const list = rules as readonly Values[];
      return ["priority", "id"].every((key) => new Set(list.map((rule) => rule[key])).size === list.length);
    }),
    check("it has more than 1,000 rules", ({ rules }) => (rules as readonly unknown[]).length <= 1_000),
  ],
  "aws:s3/bucketObjectv2:BucketObjectv2": [
    ...ofBucket,
    exactlyOne("source", "content", "contentBase64"),
    notBoth("etag", "kmsKeyId"),
  ],
  "aws:ecr/repository:Repository": [
    matching("name", /^(?=.{2,256}$)[a-z0-9]+([._/-][a-z0-9]+)*$/),
    oneOf("imageTagMutability", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"),
    oneOf("encryptionConfigurations.encryptionType", "AES256", "KMS"),
  ],
  "aws:ecr/lifecyclePolicy:LifecyclePolicy": [
    check("a rule for any image is not the last one", ({ policy }) => {
      const { rules } = JSON.parse(String(policy)) as {
        rules: readonly { rulePriority: number; selection: { tagStatus: string } }[];
      };
      const any = rules.filter(({ selection }) => selection.tagStatus === "any");
      const last = Math.max(...rules.map(({ rulePriority }) => rulePriority));
      return any.length <= 1 && any.every(({ rulePriority }) => rulePriority === last);
    }),
  ],
  "aws:ecr/replicationConfiguration:ReplicationConfiguration": [
    eachOf("replicationConfiguration.rules", given("destinations")),
    check("it has more than 10 rules, or 25 places in one", ({ replicationConfiguration }) => {
      const { rules = [] } = (replicationConfiguration ?? {}) as { rules?: readonly { destinations: unknown[] }[] };
      return rules.length <= 10 && rules.every(({ destinations }) => destinations.length <= 25);
    }),
    matching("replicationConfiguration.rules.destinations.registryId", /^\d{12}$/),
    oneOf("replicationConfiguration.rules.repositoryFilters.filterType", "PREFIX_MATCH"),
  ],
  "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": [
    matching("ecrRepositoryPrefix", /^(ROOT|(?=.{2,30}$)[a-z0-9]+([._/-][a-z0-9]+)*)$/),
    oneOf(
      "upstreamRegistryUrl",
      "public.ecr.aws",
      "quay.io",
      "registry.k8s.io",
      "registry-1.docker.io",
      "ghcr.io",
      "registry.gitlab.com",
      "cgr.dev",
    ),
    matching("credentialArn", /:secret:ecr-pullthroughcache\//),
    when("upstreamRegistryUrl", "registry-1.docker.io", given("credentialArn")),
    when("upstreamRegistryUrl", "ghcr.io", given("credentialArn")),
  ],
  "aws:ebs/encryptionByDefault:EncryptionByDefault": [oneOf("enabled", true)],
};
