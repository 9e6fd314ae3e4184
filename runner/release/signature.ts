import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";

export const SIGNATURE = { regex: /^[A-Za-z0-9+/]{86}==$/, gloss: "an Ed25519 signature in base64" };

const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** A deployer's Ed25519 key. */
export type ReleaseSigner = KeyObject;
/** Ed25519 keys of deployers; while there are none, what is unsigned is accepted. */
export type ReleaseKeys = readonly KeyObject[];

/** @throws Error naming `what` when the text is no private Ed25519 key in PEM. */
export function readSigner(pem: string, what: string): ReleaseSigner {
  return ed25519(() => createPrivateKey(pem), what, "private");
}

/** @throws Error naming `what` unless the text is one or more public Ed25519 keys in PEM. */
export function readReleaseKeys(text: string, what: string): ReleaseKeys {
  const pems = text.match(PUBLIC_KEY) ?? [];
  if (pems.length === 0) throw new Error(`${what} has no public key in PEM: give one or more Ed25519 keys`);
  return pems.map((pem) => ed25519(() => createPublicKey(pem), what, "public"));
}

/** The same value with its signature, null without a key. */
export function signed<Value extends object>(
  value: Value,
  signer: ReleaseSigner | null,
): Value & { readonly signature: string | null } {
  const signature = signer === null ? null : sign(null, signedBytes(value), signer).toString("base64");
  return { ...value, signature };
}

/**
 * @param where what people call the value: `current`.
 * @throws ReleaseError `ERR_RELEASE_SIGNATURE` unless one of the keys has signed it.
 */
export function requireSignature(
  value: { readonly signature?: string | null },
  { keys, where }: { readonly keys: ReleaseKeys; readonly where: string },
): void {
  if (keys.length === 0) return;
  const { signature, ...rest } = value;
  if (signature === null || signature === undefined) {
    const what = "is not signed, and only what the fleet's release key has signed is taken; deploy with that key";
    throw new ReleaseError("ERR_RELEASE_SIGNATURE", where, what);
  }
  const bytes = signedBytes(rest);
  if (keys.some((key) => verify(null, bytes, key, Buffer.from(signature, "base64")))) return;
  const what = `is signed with none of the ${keys.length} keys that are trusted; deploy with one of those`;
  throw new ReleaseError("ERR_RELEASE_SIGNATURE", where, what);
}

/** Whether this key has signed it. */
export function isSignedBy(value: { readonly signature: string | null }, signer: ReleaseSigner): boolean {
  const { signature, ...rest } = value;
  if (signature === null) return false;
  return verify(null, signedBytes(rest), createPublicKey(signer), Buffer.from(signature, "base64"));
}

function signedBytes(value: object): Buffer {
  return Buffer.from(canonicalJson(value));
}

function ed25519(read: () => KeyObject, what: string, kind: "private" | "public"): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw new Error(`${what} is no ${kind} key in PEM: ${(cause as Error).message}`, { cause });
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new Error(
    `${what} is a key for ${key.asymmetricKeyType}: give an Ed25519 key, as \`openssl genpkey -algorithm ed25519\` makes it`,
  );
}
