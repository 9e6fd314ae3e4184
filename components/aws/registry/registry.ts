import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";

/** Images of ours that nodes run. */
export const OWN_IMAGES = ["runner", "varnish"] as const;
export type OwnImage = (typeof OWN_IMAGES)[number];

export interface RegistryArgs {
  readonly region: RegionName;
  /** Repositories are `<prefix>/runner` and `<prefix>/varnish`. */
  readonly prefix: string;
  readonly protect: boolean;
}

/** Images without a tag are what builds left behind. */
const UNTAGGED_DAYS = 14;
/** Enough to go back to, also for a region that was away for weeks. */
const KEPT_IMAGES = 50;

/** A region's repositories: images are used by digest, their tags cannot move, and each is scanned as it comes in. */
export class Registry extends RegionalComponent {
  /** `<account>.dkr.ecr.<region>.amazonaws.com/<prefix>/<image>`. */
  readonly urls: Readonly<Record<OwnImage, pulumi.Output<string>>>;
  /** `<prefix>/<image>`. */
  readonly names: Readonly<Record<OwnImage, pulumi.Output<string>>>;

  constructor(name: string, args: RegistryArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:Registry", name, args.region, opts);
    const repositories = OWN_IMAGES.map((image) => {
      const repository = this.makeNamed(
        aws.ecr.Repository,
        image,
        {
          name: `${args.prefix}/${image}`,
          imageTagMutability: "IMMUTABLE",
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [{ encryptionType: "AES256" }],
          forceDelete: !args.protect,
        },
        { protect: args.protect },
      );
      this.make(aws.ecr.LifecyclePolicy, image, { repository: repository.name, policy: LIFECYCLE });
      return [image, repository] as const;
    });
    const each = (of: (repository: aws.ecr.Repository) => pulumi.Output<string>) =>
      Object.fromEntries(repositories.map(([image, repository]) => [image, of(repository)])) as Registry["urls"];
    this.urls = each(({ repositoryUrl }) => repositoryUrl);
    this.names = each(({ name }) => name);
    this.registerOutputs({});
  }
}

const LIFECYCLE = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      description: "what builds left behind",
      selection: {
        tagStatus: "untagged",
        countType: "sinceImagePushed",
        countUnit: "days",
        countNumber: UNTAGGED_DAYS,
      },
      action: { type: "expire" },
    },
    {
      rulePriority: 2,
      description: "the newest images",
      selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: KEPT_IMAGES },
      action: { type: "expire" },
    },
  ],
});
