/** What the agent is told of the certificates that HAProxy shows. */
export interface CertificatesConfig {
  /** Folder of the verified copies from which HAProxy starts, `<name>.pem`. */
  readonly held: string;
  /** UNIX socket of HAProxy's commands. */
  readonly haproxy: string;
  /** File with serial numbers of revoked certificates, hexadecimal, a line each; it need not be there. */
  readonly revoked: string;
  readonly sources: readonly CertificateSource[];
}

export interface CertificateSource {
  readonly name: string;
  /** PEM file with certificate, chain and key, written by whoever issues certificates. */
  readonly from: string;
  /** Names that it must be for; `*.` for any one label. */
  readonly names: readonly string[];
}
