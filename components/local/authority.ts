import "reflect-metadata"; // @peculiar/x509 needs it before it is loaded
import { webcrypto } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import * as x509 from "@peculiar/x509";

const KEY = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 60 * 60 * 1_000;
const AUTHORITY_DAYS = 3_650;
/** The longest a browser accepts from a private authority (398 days), rounded down. */
const CERTIFICATE_DAYS = 397;

export interface CertificateArgs {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** PEM of the authority's certificate; its key lies beside it as `ca.key`. */
  readonly authorityFile: string;
  /** PEM with certificate, authority and key, as HAProxy reads it. */
  readonly certificateFile: string;
  /** Its holder shows it to servers, too. Default: it is a server's alone. */
  readonly forClients?: boolean;
  /** Name of an authority that is made. Default: that of the fleet's public certificates. */
  readonly authorityName?: string;
}

/** Makes the fleet's own authority if there is none yet, and a certificate of it. */
export async function issueCertificate(args: CertificateArgs, now = new Date()): Promise<void> {
  const authority = (await readAuthority(args.authorityFile)) ?? (await createAuthority(args, now));
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${args.names[0]}`,
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + CERTIFICATE_DAYS * DAY_MS),
    signingAlgorithm: KEY,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        ...(args.forClients === true ? [x509.ExtendedKeyUsage.clientAuth] : []),
      ]),
      new x509.SubjectAlternativeNameExtension([
        ...args.names.map((value) => ({ type: "dns", value }) as const),
        ...args.addresses.map((value) => ({ type: "ip", value }) as const),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  const pem = [certificate.toString("pem"), authority.certificate.toString("pem"), await privateKeyPem(keys)];
  writeAtomically(args.certificateFile, `${pem.join("\n")}\n`);
}

/** When the certificate in this file ends; null when there is none that can be read. */
export function certificateEnd(file: string): Date | null {
  try {
    return new x509.X509Certificate(fs.readFileSync(file, "utf8")).notAfter;
  } catch {
    return null;
  }
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

async function readAuthority(file: string): Promise<Authority | null> {
  if (!fs.existsSync(file)) return null;
  const certificate = new x509.X509Certificate(fs.readFileSync(file, "utf8"));
  const der = x509.PemConverter.decodeFirst(fs.readFileSync(keyFile(file), "utf8"));
  return { certificate, key: await webcrypto.subtle.importKey("pkcs8", der, KEY, false, ["sign"]) };
}

async function createAuthority(
  { authorityFile: file, authorityName = "edge-fleet local authority" }: CertificateArgs,
  now: Date,
): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${authorityName}`,
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: KEY,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a certificate without its key would look like an authority that is there.
  writeAtomically(keyFile(file), await privateKeyPem(keys));
  writeAtomically(file, certificate.toString("pem"));
  return { certificate, key: keys.privateKey };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

function keyFile(authorityFile: string): string {
  return authorityFile.replace(/\.pem$/, ".key");
}

function writeAtomically(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, text, { mode: 0o600 });
  fs.renameSync(temporary, file);
}
