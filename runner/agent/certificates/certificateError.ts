/** Why a certificate is not taken, or not fit any more. */
export const CERTIFICATE_FAULTS = [
  "ERR_CERTIFICATE_MISSING",
  "ERR_CERTIFICATE_UNREADABLE",
  "ERR_CERTIFICATE_KEY",
  "ERR_CERTIFICATE_NAMES",
  "ERR_CERTIFICATE_CHAIN",
  "ERR_CERTIFICATE_EARLY",
  "ERR_CERTIFICATE_EXPIRED",
  "ERR_CERTIFICATE_REVOKED",
  "ERR_CERTIFICATE_HAPROXY",
] as const;

export type CertificateFault = (typeof CERTIFICATE_FAULTS)[number];

export class CertificateError extends Error {
  override readonly name = "CertificateError";
  readonly code: CertificateFault;

  constructor(code: CertificateFault, message: string) {
    super(message);
    this.code = code;
  }
}
