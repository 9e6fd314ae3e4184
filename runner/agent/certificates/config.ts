/** What the agent is told of the certificates that HAProxy shows. */
export interface CertificatesConfig {
  /** Folder of the verified copies from which HAProxy starts, `<name>.pem`. */
  readonly held: string;
  /** UNIX socket of HAProxy's commands. */
  readonly haproxy: string;
  /** File with serial numbers of revoked certificates, hexadecimal, a line each; it need not be there. */
  readonly revoked: string;
  readonly sources: readonly CertificateSource[];
  /** Secrets Manager, from which the agent itself brings what `sources` name; null where somebody else does. */
  readonly managed: ManagedConfig | null;
}

export interface ManagedConfig {
  /** Regions in which the secrets are looked for, the nearest first. */
  readonly regions: readonly string[];
  /** Where it is spoken instead of at AWS; null: at AWS. */
  readonly endpoint: string | null;
  readonly certificates: readonly ManagedCertificate[];
}

export interface ManagedCertificate {
  /** Name of the secret: certificate, chain and key in PEM. */
  readonly secret: string;
  /** File to which it goes: a source's `from`. */
  readonly file: string;
  /** File for the authorities in it, certificates that issued themselves, which HAProxy reads when it starts; null where they are part of the chain. */
  readonly authority: string | null;
}

export interface CertificateSource {
  readonly name: string;
  /** PEM file with certificate, chain and key, written by whoever issues certificates. */
  readonly from: string;
  /** Names that it must be for; `*.` for any one label. */
  readonly names: readonly string[];
}
