import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../ownResource.ts";
import { type HubConfig, hubDigests } from "./hubServices.ts";
import type { GeoipInputs } from "./managedProvider.ts";

export interface LocalHubArgs {
  readonly config: HubConfig;
  /** Country database that tells gdnsd where clients are; null: all are sent to the default region. */
  readonly geoip: GeoipInputs | null;
  /** Digest of the origin's program: it restarts when that changes. */
  readonly code: string;
}

/** What the regions share, as processes on this machine: geo DNS, Prometheus and the small origin server. */
export class LocalHub extends OwnResource {
  constructor(name: string, args: LocalHubArgs, opts: pulumi.CustomResourceOptions) {
    const { config, geoip, code } = args;
    const services = hubDigests(config, { code, geoip: geoip?.digest ?? null });
    super("hub", "LocalHub", name, { config, geoip, code, services }, opts);
  }
}
