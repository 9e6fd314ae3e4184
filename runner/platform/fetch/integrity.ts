import { hostCrypto } from "../crypto/hostCrypto.ts";

/** Weakest first. */
const HASHES = ["sha256", "sha384", "sha512"] as const;
const NAMES = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;
const METADATA = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?.*)?$/;

/**
 * Whether bytes are what an integrity attribute says, by Subresource Integrity: one digest of the strongest hash has to fit.
 * An attribute that names no hash that is known says nothing.
 */
export async function isIntact(bytes: Uint8Array<ArrayBuffer>, integrity: string): Promise<boolean> {
  const known = integrity.split(/[\t\n\f\r ]+/).flatMap((item) => {
    const [, hash, digest] = METADATA.exec(item) ?? [];
    return hash === undefined || digest === undefined ? [] : [{ hash, digest: bare(digest) }];
  });
  const strongest = HASHES.findLast((hash) => known.some((item) => item.hash === hash));
  if (strongest === undefined) return true;
  const digest = await hostCrypto({ op: "digest", hash: NAMES[strongest] }, [bytes], { read: (output) => output });
  let text = "";
  for (const byte of digest) text += String.fromCharCode(byte);
  const wanted = bare(btoa(text));
  return known.some((item) => item.hash === strongest && item.digest === wanted);
}

/** Base64 without padding, in its first alphabet. */
function bare(base64: string): string {
  return base64.replace(/=+$/, "").replaceAll("-", "+").replaceAll("_", "/");
}
