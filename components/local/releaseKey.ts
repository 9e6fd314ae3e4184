import { generateKeyPairSync } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { readReleaseKeys, readSigner } from "@edge-fleet/runner/release/signature";
import type { Signing } from "../functionStore/releasePlace.ts";
import { statePaths } from "./stateDir.ts";

/** The local fleet's release key; null before its first `up`. @throws Error naming the file that is damaged */
export function readReleaseKey(root: string): Signing | null {
  const { releaseSigner, releaseKeys } = statePaths(root);
  if (!fs.existsSync(releaseSigner)) return null;
  return {
    signer: readSigner(fs.readFileSync(releaseSigner, "utf8"), releaseSigner),
    keys: readReleaseKeys(fs.readFileSync(releaseKeys, "utf8"), releaseKeys),
  };
}

/**
 * Makes the key where there is none. Whoever makes it believes once what is there unsigned, for nobody could have signed it.
 */
export function releaseKey(root: string): Signing {
  const known = readReleaseKey(root);
  if (known !== null) return known;
  const { releaseSigner, releaseKeys } = statePaths(root);
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  fs.mkdirSync(path.dirname(releaseSigner), { recursive: true, mode: 0o700 });
  // The private key last: while it is not there, no key is.
  writeAtomically(releaseKeys, publicKey.export({ type: "spki", format: "pem" }), 0o644);
  writeAtomically(releaseSigner, privateKey.export({ type: "pkcs8", format: "pem" }), 0o600);
  return { signer: privateKey, keys: [] };
}

function writeAtomically(file: string, text: string | Buffer, mode: number): void {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text, { mode });
  fs.renameSync(temporary, file);
}
