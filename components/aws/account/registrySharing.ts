import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";

/** Repositories of every fleet begin so. */
const FLEET_REPOSITORIES = "edge-";

export interface RegistryCopiesArgs {
  readonly account: string;
  /** Region to which images are pushed. */
  readonly region: RegionName;
  /** Regions that get a copy. */
  readonly to: readonly RegionName[];
}

/** Copies images of fleets from the home region's registry to the others'. An account has one such setting for each region. */
export class RegistryCopies extends RegionalComponent {
  constructor(name: string, { account, region, to }: RegistryCopiesArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:RegistryCopies", name, region, opts);
    this.make(
      aws.ecr.ReplicationConfiguration,
      "replication",
      {
        replicationConfiguration: {
          rules: [
            {
              destinations: to.map((destination) => ({ region: destination, registryId: account })),
              repositoryFilters: [{ filter: FLEET_REPOSITORIES, filterType: "PREFIX_MATCH" }],
            },
          ],
        },
      },
      { protect: true },
    );
    this.registerOutputs({});
  }
}

export interface PullThroughArgs {
  readonly region: RegionName;
  /** Secret with user and token for Docker Hub, by name; null: no cache of it. */
  readonly dockerHubSecret: string | null;
}

/** Registries of others that a region's own registry answers for, and keeps what it brought: `<registry>/<prefix>/<their name>`. */
export class PullThrough extends RegionalComponent {
  constructor(name: string, { region, dockerHubSecret }: PullThroughArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:PullThrough", name, region, opts);
    const rule = (ecrRepositoryPrefix: string, upstreamRegistryUrl: string, credentialArn?: pulumi.Input<string>) =>
      this.make(
        aws.ecr.PullThroughCacheRule,
        ecrRepositoryPrefix,
        { ecrRepositoryPrefix, upstreamRegistryUrl, ...(credentialArn === undefined ? {} : { credentialArn }) },
        { protect: true },
      );
    rule("ecr-public", "public.ecr.aws");
    rule("quay", "quay.io");
    if (dockerHubSecret !== null) {
      // The rule wants the ARN, at whose end Amazon has put six characters.
      const secret = aws.secretsmanager.getSecretOutput({ region, name: dockerHubSecret }, { parent: this });
      rule("docker-hub", "registry-1.docker.io", secret.arn);
    }
    this.registerOutputs({});
  }
}
