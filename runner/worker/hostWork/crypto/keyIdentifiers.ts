import type { KeyKind } from "../../cryptoPort.ts";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const OCTETS = 0x04;
const PARAMETERS = 0xa0;
const LONG_LENGTH = 0x80;

const EC = "06072a8648ce3d0201";
/** Object identifiers in DER: of the algorithm, and of the curve where it has several. */
const IDENTIFIERS: Readonly<Record<KeyKind, { readonly algorithm: Buffer; readonly curve?: Buffer }>> = {
  RSA: { algorithm: Buffer.from("06092a864886f70d010101", "hex") },
  "P-256": { algorithm: Buffer.from(EC, "hex"), curve: Buffer.from("06082a8648ce3d030107", "hex") },
  "P-384": { algorithm: Buffer.from(EC, "hex"), curve: Buffer.from("06052b81040022", "hex") },
  "P-521": { algorithm: Buffer.from(EC, "hex"), curve: Buffer.from("06052b81040023", "hex") },
  Ed25519: { algorithm: Buffer.from("06032b6570", "hex") },
  X25519: { algorithm: Buffer.from("06032b656e", "hex") },
};

/**
 * Whether a key says in each place that it is of the kind. OpenSSL makes the public half of a private key while it reads it, on the
 * curve that the key names, and that is paid for as work of the kind: so it is looked at before.
 *
 * @param bytes PKCS#8 or SubjectPublicKeyInfo in DER
 */
export function saysKind(kind: KeyKind, format: "pkcs8" | "spki", bytes: Buffer): boolean {
  const { algorithm, curve } = IDENTIFIERS[kind];
  const whole = elementAt(bytes, 0, SEQUENCE);
  const version = whole && format === "pkcs8" ? elementAt(bytes, whole.start, INTEGER) : undefined;
  const identifier = whole && elementAt(bytes, version?.end ?? whole.start, SEQUENCE);
  if (identifier === undefined) return false;
  const said = bytes.subarray(identifier.start, identifier.end);
  if (curve === undefined) return said.subarray(0, algorithm.length).equals(algorithm);
  if (!said.equals(Buffer.concat([algorithm, curve]))) return false;
  return format === "spki" || saysCurveAgain(curve, bytes, identifier.end);
}

/** The private key inside may name a curve of its own, which counts more. */
function saysCurveAgain(curve: Buffer, bytes: Buffer, at: number): boolean {
  const octets = elementAt(bytes, at, OCTETS);
  const inner = octets && elementAt(bytes, octets.start, SEQUENCE);
  const version = inner && elementAt(bytes, inner.start, INTEGER);
  const number = version && elementAt(bytes, version.end, OCTETS);
  if (inner === undefined || number === undefined) return false;
  if (number.end >= inner.end || bytes[number.end] !== PARAMETERS) return true;
  const parameters = elementAt(bytes, number.end, PARAMETERS);
  return parameters !== undefined && bytes.subarray(parameters.start, parameters.end).equals(curve);
}

/** What is in an element of DER, lengths that are not said included. */
function elementAt(bytes: Buffer, at: number, tag: number): { start: number; end: number } | undefined {
  if (bytes[at] !== tag) return undefined;
  const first = bytes[at + 1];
  if (first === undefined) return undefined;
  const size = first < LONG_LENGTH ? 0 : first - LONG_LENGTH;
  const start = at + 2 + size;
  if (first === LONG_LENGTH || size > 2 || start > bytes.length) return undefined;
  const end = start + (size === 0 ? first : bytes.readUIntBE(at + 2, size));
  return end <= bytes.length ? { start, end } : undefined;
}
