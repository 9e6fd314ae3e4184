import type * as pulumi from "@pulumi/pulumi";
import { OwnResource } from "../ownResource.ts";

export interface LocalCertificateArgs {
  /** DNS names, the first one being the subject. */
  readonly names: readonly string[];
  /** IP addresses. */
  readonly addresses: readonly string[];
  /** Name that nodes show each other. */
  readonly peers: string;
}

/**
 * The fleet's certificate and the one that its nodes show each other, each from an authority of its own, made at the first start and kept in the state folder.
 * Valid for 397 days; an `up` in its last 30 renews it.
 */
export class LocalCertificate extends OwnResource {
  /** ISO date of the certificate's end. */
  declare readonly expires: pulumi.Output<string>;

  constructor(name: string, args: LocalCertificateArgs, opts: pulumi.CustomResourceOptions) {
    super("certificate", "LocalCertificate", name, { ...args, expires: undefined }, opts);
  }
}
