import type * as pulumi from "@pulumi/pulumi";
import { EdgeComponent, type Transform, transformed } from "../component.ts";
import type { FleetConfig, RegionConfig } from "../config/fleetConfig.ts";
import { localNodes, nodeConfig } from "../node/nodeConfig.ts";
import type { Region } from "../region.ts";
import { LocalNode, type LocalNodeArgs } from "./localNode.ts";

export interface LocalRegionArgs extends Omit<LocalNodeArgs, "config"> {
  readonly fleet: FleetConfig;
  readonly region: RegionConfig;
  readonly transform?: { readonly node?: Transform<LocalNodeArgs> | undefined } | undefined;
}

/** A region on this machine: nodes on loopback addresses of their own. */
export class LocalRegion extends EdgeComponent implements Region {
  readonly name: string;
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: LocalRegionArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:local:Region", name, opts);
    const { fleet, region, transform, ...shared } = args;
    const nodes = localNodes(region).map((_, index) => {
      const nodeName = this.childName(index === 0 ? "node" : `node-${index + 1}`);
      return new LocalNode(
        nodeName,
        transformed(transform?.node, { ...shared, config: nodeConfig(fleet, region, index) }, nodeName),
        this.childOf(),
      );
    });
    this.name = region.name;
    this.address = (nodes[0] as LocalNode).address;
    this.registerOutputs({ name: this.name, address: this.address });
  }
}
