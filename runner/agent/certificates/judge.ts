import { CertificateError } from "./certificateError.ts";
import type { Bundle } from "./pem.ts";

export interface Circumstances {
  readonly names: readonly string[];
  /** Serial numbers, as `serialOf` writes them. */
  readonly revoked: ReadonlySet<string>;
  readonly nowMs: number;
}

/** Whether clients would take this certificate. @throws CertificateError with what is wrong, and the remedy. */
export function judge({ leaf, chain, key }: Bundle, { names, revoked, nowMs }: Circumstances): void {
  if (!leaf.checkPrivateKey(key)) {
    throw new CertificateError("ERR_CERTIFICATE_KEY", "the private key is not this certificate's; write both at once");
  }
  const missing = names.filter((name) => leaf.checkHost(name.replace(/^\*(?=\.)/, "any")) === undefined);
  if (missing.length > 0) {
    const has = leaf.subjectAltName ?? "no name";
    throw new CertificateError("ERR_CERTIFICATE_NAMES", `it is for ${has}, and must be for ${missing.join(", ")}, too`);
  }
  for (const [index, issuer] of chain.entries()) {
    const issued = index === 0 ? leaf : (chain[index - 1] as typeof leaf);
    if (issued.checkIssued(issuer) && issued.verify(issuer.publicKey)) continue;
    const what = `${oneLine(issued.subject)} is not issued by ${oneLine(issuer.subject)}, which follows it`;
    throw new CertificateError("ERR_CERTIFICATE_CHAIN", `${what}; give the chain in its order, the issuer first`);
  }
  for (const { subject, validFromDate, validToDate } of [leaf, ...chain]) {
    if (validFromDate.getTime() > nowMs) {
      const when = `begins at ${validFromDate.toISOString()}; it is taken then, or when the clock is right`;
      throw new CertificateError("ERR_CERTIFICATE_EARLY", `${oneLine(subject)} ${when}`);
    }
    if (validToDate.getTime() <= nowMs) {
      const when = `ended at ${validToDate.toISOString()}; issue another one`;
      throw new CertificateError("ERR_CERTIFICATE_EXPIRED", `${oneLine(subject)} ${when}`);
    }
  }
  const serial = serialOf(leaf.serialNumber);
  if (revoked.has(serial)) {
    throw new CertificateError("ERR_CERTIFICATE_REVOKED", `${serial} is revoked; issue another one`);
  }
}

/** One way to write a serial number: lower case, without colons and leading zeros. */
export function serialOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^0-9a-f]/g, "")
    .replace(/^0+(?=.)/, "");
}

function oneLine(subject: string): string {
  return subject.replaceAll("\n", ", ");
}
