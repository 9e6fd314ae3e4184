import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../ownResource.ts";

export interface LocalReleaseArgs {
  /** Built functions; a change of any of them makes a new release. */
  readonly functions: readonly FunctionManifest[];
  /** Folder with their modules, relative to the project. */
  readonly buildDir: string;
}

/** The stack's functions as a release in the folder store, live in every running node when an `up` ends. */
export class LocalRelease extends OwnResource {
  /** Number of the release. */
  declare readonly release: pulumi.Output<number>;
  /** Grows with every change of what is live. */
  declare readonly generation: pulumi.Output<number>;

  constructor(name: string, args: LocalReleaseArgs, opts: pulumi.CustomResourceOptions) {
    const functions = Object.fromEntries(args.functions.map(({ name: key, ...manifest }) => [key, manifest]));
    const outputs = { release: undefined, generation: undefined };
    super("release", "LocalRelease", name, { functions, buildDir: args.buildDir, ...outputs }, opts);
  }
}
