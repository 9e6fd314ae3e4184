import type { Drift } from "@edge-fleet/runner/release/declaration";
import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type * as pulumi from "@pulumi/pulumi";
import type { CloudStore } from "../aws/store/cloudPlace.ts";
import { OwnResource } from "../ownResource.ts";
import { EdgeFunction } from "./edgeFunction.ts";

export interface FunctionStoreArgs {
  /** Built functions, as `buildFunctions` gives them; a change of any of them makes a new release. */
  readonly functions: readonly FunctionManifest[];
  /** Folder with their manifests and modules, relative to the project. */
  readonly buildDir: string;
  /** What becomes of functions that a command has changed and that are declared as before. */
  readonly drift: Drift;
  /** Where releases are written, and with what they are signed. Null: the folder of the fleet on this machine. */
  readonly cloud: CloudStore | null;
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

  constructor(
    name: string,
    { functions, buildDir, drift, cloud }: FunctionStoreArgs,
    opts: pulumi.CustomResourceOptions,
  ) {
    const versions = Object.fromEntries(functions.map((manifest) => [manifest.name, manifest.version]));
    const outputs = { release: undefined, generation: undefined };
    const place = cloud === null ? {} : { cloud };
    super("release", "FunctionStore", name, { functions: versions, buildDir, drift, ...place, ...outputs }, opts);
    for (const manifest of functions) {
      const args = { manifest, store: cloud?.address ?? null };
      new EdgeFunction(`${name}-${manifest.name}`, args, { parent: this, dependsOn: [this] });
    }
  }
}
