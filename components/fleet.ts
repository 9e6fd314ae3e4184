import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import type * as pulumi from "@pulumi/pulumi";
import { AwsTarget, type AwsTransforms } from "./aws/awsTarget.ts";
import type { CloudOutputs } from "./aws/cloudOutputs.ts";
import { EdgeComponent } from "./component.ts";
import type { FleetConfig } from "./config/fleetConfig.ts";
import { LocalTarget, type LocalTransforms } from "./local/localTarget.ts";
import type { Region } from "./region.ts";

export interface EdgeFleetArgs {
  readonly config: FleetConfig;
  /** Built functions, as `buildFunctions` gives them. */
  readonly functions: readonly FunctionManifest[];
  /** Folder with the functions' modules, relative to the project. */
  readonly buildDir: string;
  /** Changes to resources before they are made, by target and resource. */
  readonly transform?: { readonly local?: LocalTransforms; readonly aws?: AwsTransforms };
}

/**
 * A whole edge fleet: nodes in every region of the config, geo DNS, certificates, the release of the functions and
 * monitoring. With `target: local` all of it runs on this machine.
 */
export class EdgeFleet extends EdgeComponent {
  readonly regions: readonly Region[];
  /** Number of the live release. */
  readonly release: pulumi.Output<number>;
  /** Where it is; null for a fleet on this machine. */
  readonly cloud: CloudOutputs | null;

  constructor(name: string, args: EdgeFleetArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("edge-fleet:index:EdgeFleet", name, opts);
    const target = this.target(args);
    this.regions = target.regions;
    this.release = target.release;
    this.cloud = target instanceof AwsTarget ? target.outputs : null;
    this.registerOutputs({ release: this.release });
  }

  private target({ config, functions, buildDir, transform }: EdgeFleetArgs): LocalTarget | AwsTarget {
    const { aws } = config;
    if (aws !== null) {
      return new AwsTarget(
        this.childName("aws"),
        { fleet: { ...config, aws }, functions, buildDir, transform: transform?.aws },
        this.childOf(),
      );
    }
    const args = { fleet: config, functions, buildDir, transform: transform?.local };
    return new LocalTarget(this.childName("local"), args, this.childOf());
  }
}
