import * as pulumi from "@pulumi/pulumi";
import type { NodeConfig } from "../node/nodeConfig.ts";
import { OwnResource } from "../ownResource.ts";
import type { GeoipInputs } from "./managedProvider.ts";
import { nodeDigests } from "./services.ts";

export interface LocalNodeArgs {
  readonly config: NodeConfig;
  /** Country database that feeds HAProxy's country map; null: every client's country is `XX`. */
  readonly geoip: GeoipInputs | null;
  /** Digest of the runner's package: the runner and the agent restart when it changes. */
  readonly code: string;
}

/** A region's node as processes on this machine: HAProxy, the judge of policies, Varnish, the runner and the agent under a process manager. */
export class LocalNode extends OwnResource {
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: LocalNodeArgs, opts: pulumi.CustomResourceOptions) {
    const { config, geoip, code } = args;
    const services = nodeDigests(config, { code, geoip: geoip?.digest ?? null });
    super("node", "LocalNode", name, { config, geoip, code, services }, opts);
    this.address = pulumi.output(config.address);
  }
}
