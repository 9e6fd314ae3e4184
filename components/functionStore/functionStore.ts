import type { Drift } from "@edge-fleet/runner/release/declaration";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../ownResource.ts";
import { EdgeFunction } from "./edgeFunction.ts";

export interface FunctionStoreArgs {
  /** Built functions, as `buildFunctions` gives them; a change of any of them makes a new release. */
  readonly functions: readonly FunctionManifest[];
  /** Folder with their manifests and modules, relative to the project. */
  readonly buildDir: string;
  /** What becomes of functions that a command has changed and that are declared as before. */
  readonly drift: Drift;
}

/**
 * The fleet's store of releases. All functions that a program declares are written in one release, merged onto what is live;
 * below it each is an `EdgeFunction`, so that a plan says which of them change and how.
 */
export class FunctionStore extends OwnResource {
  /** Number of the release. */
  declare readonly release: pulumi.Output<number>;
  /** Grows with every change of what is live. */
  declare readonly generation: pulumi.Output<number>;

  constructor(name: string, { functions, buildDir, drift }: FunctionStoreArgs, opts: pulumi.CustomResourceOptions) {
    const versions = Object.fromEntries(functions.map((manifest) => [manifest.name, manifest.version]));
    const outputs = { release: undefined, generation: undefined };
    super("release", "FunctionStore", name, { functions: versions, buildDir, drift, ...outputs }, opts);
    for (const manifest of functions) {
      new EdgeFunction(`${name}-${manifest.name}`, manifest, { parent: this, dependsOn: [this] });
    }
  }
}
