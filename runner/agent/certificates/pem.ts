import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { CertificateError } from "./certificateError.ts";

/** A certificate with what belongs to it. */
export interface Bundle {
  readonly leaf: X509Certificate;
  /** The certificates behind it, its issuer first. */
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
  /** The same in PEM, without anything else that was in the file: no empty line, which would end HAProxy's command. */
  readonly text: string;
}

/** Characters of a certificate with its chain and its key. */
export const BUNDLE_BYTES_MAX = 64 * 1_024;
const BLOCK = /-----BEGIN ([A-Z ]{1,40})-----[A-Za-z0-9+/=\s]*?-----END \1-----/g;

/** What PEM is in a text, in its order. */
export function pemBlocks(text: string): { readonly type: string; readonly block: string }[] {
  return [...text.matchAll(BLOCK)].map(([block, type = ""]) => ({ type, block: block.replaceAll(/\s*\n\s*/g, "\n") }));
}

/** @throws CertificateError */
export function readBundle(text: string): Bundle {
  if (text.length > BUNDLE_BYTES_MAX) throw unreadable(`is larger than ${BUNDLE_BYTES_MAX} bytes`);
  const blocks = pemBlocks(text);
  const certificates = blocks.filter(({ type }) => type === "CERTIFICATE");
  const keys = blocks.filter(({ type }) => type.endsWith("PRIVATE KEY"));
  if (certificates.length === 0) throw unreadable("has no certificate");
  if (keys.length !== 1) throw unreadable(`has ${keys.length} private keys in place of one`);
  try {
    const [leaf, ...chain] = certificates.map(({ block }) => new X509Certificate(block));
    const used = [...certificates, ...keys].map(({ block }) => `${block}\n`);
    return { leaf: leaf as X509Certificate, chain, key: createPrivateKey(keys[0]?.block ?? ""), text: used.join("") };
  } catch (cause) {
    throw unreadable(`cannot be read: ${(cause as Error).message}`);
  }
}

function unreadable(what: string): CertificateError {
  return new CertificateError("ERR_CERTIFICATE_UNREADABLE", `the file ${what}`);
}
