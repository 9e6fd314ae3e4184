import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { OwnResource } from "../../ownResource.ts";
import type { OwnImage } from "../registry/registry.ts";

/** Amazon copies most images to other regions in less than this, minutes. */
const COPY_MINUTES = 30;

export interface ImageArrivalArgs {
  readonly region: RegionName;
  /** Names of the region's repositories. */
  readonly repositories: Readonly<Record<OwnImage, pulumi.Input<string>>>;
  /** `sha256:…` of each image. */
  readonly digests: Readonly<Record<OwnImage, pulumi.Input<string>>>;
}

/**
 * The images of ours in a region's own registry: it is there when Amazon's replication has brought them. Whatever starts machines waits for it, so that no machine looks
 * for an image that is still under way. After 30 minutes the `up` ends with the region's name and what is missing.
 */
export class ImageArrival extends OwnResource {
  constructor(name: string, { region, repositories, digests }: ImageArrivalArgs, opts: pulumi.CustomResourceOptions) {
    const images = Object.entries(repositories).map(([image, repository]) => ({
      repository,
      digest: digests[image as OwnImage],
    }));
    super("images", "ImageArrival", name, { region, images, timeoutMinutes: COPY_MINUTES }, opts);
  }
}
