import * as aws from "@pulumi/aws";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { EdgeComponent } from "../../component.ts";
import type { AwsConfig, RegionName } from "../../config/fleetConfig.ts";
import { codeDigest, fileDigest } from "../../local/sourceDigests.ts";
import { type ImagesLock, pinnedImage } from "../../node/containers/images.ts";
import type { OwnImage, Registry } from "../registry/registry.ts";

export interface OwnImagesArgs {
  readonly home: RegionName;
  /** Home's registry: images are pushed there and copied from there. */
  readonly registry: Registry;
  readonly architecture: AwsConfig["architecture"];
  /** Digests of images that are in the registry already. */
  readonly digests: AwsConfig["images"];
  readonly lock: ImagesLock;
}

interface Recipe {
  readonly context: string;
  readonly dockerfile: string;
  readonly base: "node" | "varnish";
  /** Changes with what the image is made of: a tag that was pushed can never be pushed again. */
  readonly tag: () => string;
}

const RECIPES: Readonly<Record<OwnImage, Recipe>> = {
  runner: { context: ".", dockerfile: "runner/Dockerfile", base: "node", tag: () => codeDigest("runner") },
  varnish: {
    context: "components/node/containers/varnish",
    dockerfile: "components/node/containers/varnish/Dockerfile",
    base: "varnish",
    tag: () => fileDigest("components/node/containers/varnish/Dockerfile"),
  },
};

/** The images of ours that nodes run: those that CI has pushed, by their digests, or built here and pushed to the home region. Nothing is built in a preview. */
export class OwnImages extends EdgeComponent {
  /** `sha256:…` of each. */
  readonly digests: Readonly<Record<OwnImage, pulumi.Output<string>>>;

  constructor(name: string, args: OwnImagesArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:OwnImages", name, opts);
    const token = () => aws.ecr.getAuthorizationTokenOutput({ region: args.home }, { parent: this });
    const digestOf = (image: OwnImage) => {
      const given = args.digests[image];
      return given === null ? this.built(image, args, token()) : pulumi.output(given);
    };
    this.digests = { runner: digestOf("runner"), varnish: digestOf("varnish") };
    this.registerOutputs(this.digests);
  }

  private built(
    image: OwnImage,
    { registry, architecture, lock }: OwnImagesArgs,
    token: pulumi.Output<aws.ecr.GetAuthorizationTokenResult>,
  ): pulumi.Output<string> {
    const { context, dockerfile, base, tag } = RECIPES[image];
    const url = registry.urls[image];
    const built = new docker.Image(
      this.childName(image),
      {
        imageName: pulumi.interpolate`${url}:${tag()}`,
        build: {
          context,
          dockerfile,
          platform: architecture === "arm64" ? "linux/arm64" : "linux/amd64",
          builderVersion: docker.BuilderVersion.BuilderBuildKit,
          args: lock[base].digest === null ? {} : { BASE: pinnedImage(lock, base) },
        },
        buildOnPreview: false,
        registry: { server: url, username: token.userName, password: pulumi.secret(token.password) },
      },
      // The token is another at each run.
      this.childOf({ ignoreChanges: ["registry"] }),
    );
    return built.repoDigest.apply((reference) => reference.slice(reference.indexOf("@") + 1));
  }
}
