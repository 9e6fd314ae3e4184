import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { RegionName } from "../../config/fleetConfig.ts";
import { RegionalComponent } from "../regional.ts";

/** Disks that somebody makes in a region without a word of encryption are encrypted, too. */
export class DiskEncryption extends RegionalComponent {
  constructor(name: string, { region }: { readonly region: RegionName }, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:aws:DiskEncryption", name, region, opts);
    this.make(aws.ebs.EncryptionByDefault, "default", { enabled: true }, { protect: true });
    this.registerOutputs({});
  }
}
