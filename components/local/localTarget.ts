import type { FunctionManifest } from "@edge-fleet/runner/release/types";
import * as pulumi from "@pulumi/pulumi";
import { EdgeComponent, type Transform, transformed } from "../component.ts";
import type { FleetConfig } from "../config/fleetConfig.ts";
import { FunctionStore, type FunctionStoreArgs } from "../functionStore/functionStore.ts";
import { peerName } from "../node/certificates.ts";
import { localNodes } from "../node/nodeConfig.ts";
import { containerCommand } from "./containerCommand.ts";
import { hubConfig } from "./hubServices.ts";
import { LocalCertificate, type LocalCertificateArgs } from "./localCertificate.ts";
import { LocalHub, type LocalHubArgs } from "./localHub.ts";
import type { LocalNodeArgs } from "./localNode.ts";
import { LocalRegion } from "./localRegion.ts";
import { codeDigest, fileDigest } from "./sourceDigests.ts";

export interface LocalTargetArgs {
  readonly fleet: FleetConfig;
  readonly functions: readonly FunctionManifest[];
  /** Folder with the functions' modules, relative to the project. */
  readonly buildDir: string;
  readonly transform?: LocalTransforms | undefined;
}

/** Changes to the resources of the local target before they are made. */
export interface LocalTransforms {
  readonly certificate?: Transform<LocalCertificateArgs>;
  readonly release?: Transform<FunctionStoreArgs>;
  readonly node?: Transform<LocalNodeArgs>;
  readonly hub?: Transform<LocalHubArgs>;
}

/** A whole fleet as processes on this machine: for trying, developing and testing. */
export class LocalTarget extends EdgeComponent {
  readonly regions: readonly LocalRegion[];
  /** Number of the live release. */
  readonly release: pulumi.Output<number>;

  constructor(name: string, args: LocalTargetArgs, opts: pulumi.ComponentResourceOptions) {
    super("edge-fleet:local:Target", name, opts);
    const { fleet, transform } = args;
    const database = fleet.geoipDatabase;
    const geoip = database === null ? null : { database, digest: fileDigest(database) };

    const certificate = this.child(LocalCertificate, "certificate", transform?.certificate, {
      names: [fleet.domain, `*.${fleet.domain}`, `*.geo.${fleet.domain}`],
      addresses: fleet.regions.flatMap((region) => localNodes(region).map(({ address }) => address)),
      peers: peerName(fleet.domain),
    });
    const release = this.child(
      FunctionStore,
      "release",
      transform?.release,
      { functions: args.functions, buildDir: args.buildDir, drift: fleet.drift, cloud: null },
      // Its name before functions were resources of their own.
      { aliases: [{ type: "pulumi-nodejs:dynamic/edge:LocalRelease" }] },
    );
    for (const config of fleet.functions) {
      const command = containerCommand(config);
      if (command === null) continue;
      const what = `${config.name} is a container, and the local target starts none. Until you start it, requests are answered with 502:`;
      void pulumi.log.warn(`${what}\n  ${command}`, this);
    }
    const code = codeDigest("runner");
    this.regions = fleet.regions.map(
      (region) =>
        new LocalRegion(
          this.childName(region.name),
          { geoip, code, fleet, region, transform: { node: transform?.node } },
          this.childOf({ dependsOn: [certificate, release] }),
        ),
    );
    this.child(LocalHub, "hub", transform?.hub, {
      config: hubConfig(fleet),
      geoip,
      code: codeDigest("components/origin"),
    });

    this.release = release.release;
    this.registerOutputs({ release: this.release });
  }

  private child<Args extends object, Child extends pulumi.Resource>(
    type: new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => Child,
    suffix: string,
    transform: Transform<Args> | undefined,
    args: Args,
    opts: pulumi.CustomResourceOptions = {},
  ): Child {
    const name = this.childName(suffix);
    return new type(name, transformed(transform, args, name), this.childOf(opts));
  }
}
