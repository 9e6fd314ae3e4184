import { HASH_BYTES, type HashName } from "../../worker/hostPort.ts";
import { type Bytes, copiedBytes, isBufferSource, typedArrayName } from "../bytes.ts";
import { isObject, shown, toDictionary } from "../webidl.ts";
import { type KeyParts, keyParts } from "./cryptoKey.ts";
import { notSupported } from "./errors.ts";

/** An algorithm as the caller named it, every parameter read once, converted and copied. */
export interface Algorithm {
  readonly name: string;
  readonly hash?: HashName;
  readonly length?: number;
  readonly namedCurve?: string;
  readonly modulusLength?: number;
  readonly publicExponent?: Bytes;
  readonly saltLength?: number;
  readonly label?: Bytes;
  readonly iv?: Bytes;
  readonly counter?: Bytes;
  readonly additionalData?: Bytes;
  readonly tagLength?: number;
  readonly salt?: Bytes;
  readonly info?: Bytes;
  readonly iterations?: number;
  readonly public?: KeyParts;
}

type Convert = (value: unknown, name: string) => unknown;
type Member = readonly [name: string, convert: Convert, need?: "required"];

const OCTET = 0xff;
const SHORT = 0xffff;
const LONG = 0xffffffff;

const text: Convert = (value) => `${value}`;
const hash: Convert = (value) => normalized("digest", value as string | object).name;

function integer(most: number): Convert {
  return (value, name) => {
    const number = Math.trunc(+(value as number));
    if (!(number >= 0 && number <= most))
      throw new TypeError(`The member "${name}" must be a number from 0 to ${most}`);
    return number + 0;
  };
}

const bytes: Convert = (value, name) => {
  if (!isBufferSource(value)) throw new TypeError(`The member "${name}" must be an ArrayBuffer or a view of one`);
  return copiedBytes(value);
};

const bigInteger: Convert = (value, name) => {
  if (typedArrayName(value) !== "Uint8Array") throw new TypeError(`The member "${name}" must be a Uint8Array`);
  return copiedBytes(value as Bytes);
};

const key: Convert = (value, name) => {
  const parts = keyParts(value);
  if (parts === undefined) throw new TypeError(`The member "${name}" must be a CryptoKey`);
  return parts;
};

/** Members of the standard's dictionaries, in the order in which they are read. */
const NONE: readonly Member[] = [];
const AES_KEY: readonly Member[] = [["length", integer(SHORT), "required"]];
const HMAC_KEY: readonly Member[] = [["hash", hash, "required"], ["length", integer(LONG)]]; // biome-ignore format: a row
const HASHED: readonly Member[] = [["hash", hash, "required"]];
const CURVE: readonly Member[] = [["namedCurve", text, "required"]];
const PEER: readonly Member[] = [["public", key, "required"]];
const CBC: readonly Member[] = [["iv", bytes, "required"]];
const CTR: readonly Member[] = [["counter", bytes, "required"], ["length", integer(OCTET), "required"]]; // biome-ignore format: a row
const GCM: readonly Member[] = [["additionalData", bytes], ["iv", bytes, "required"], ["tagLength", integer(OCTET)]]; // biome-ignore format: a row
const OAEP: readonly Member[] = [["label", bytes]];
const PSS: readonly Member[] = [["saltLength", integer(LONG), "required"]];
// RsaHashedKeyGenParams inherits from RsaKeyGenParams, whose members come first.
const RSA_KEY: readonly Member[] = [
  ["modulusLength", integer(LONG), "required"],
  ["publicExponent", bigInteger, "required"],
  ["hash", hash, "required"],
];
const HKDF: readonly Member[] = [["hash", hash, "required"], ["info", bytes, "required"], ["salt", bytes, "required"]]; // biome-ignore format: a row
const PBKDF2: readonly Member[] = [["hash", hash, "required"], ["iterations", integer(LONG), "required"], ["salt", bytes, "required"]]; // biome-ignore format: a row

const RSA_CIPHERS = ["RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"] as const;
const EC = ["ECDSA", "ECDH"] as const;
const AES_CIPHERS = ["AES-CBC", "AES-CTR", "AES-GCM"] as const;
const AES = [...AES_CIPHERS, "AES-KW"] as const;
const MONTGOMERY = ["Ed25519", "X25519"] as const;

function each(names: readonly string[], members: readonly Member[]): Record<string, readonly Member[]> {
  return Object.fromEntries(names.map((name) => [name, members]));
}

const CIPHERS = { "AES-CBC": CBC, "AES-CTR": CTR, "AES-GCM": GCM, "RSA-OAEP": OAEP };
const SIGNATURES = { HMAC: NONE, "RSASSA-PKCS1-v1_5": NONE, "RSA-PSS": PSS, ECDSA: HASHED, Ed25519: NONE };
const WRAPPERS = { "AES-KW": NONE };

/** Which algorithm does what, and with which parameters: the standard's registry. */
const REGISTRY = {
  digest: each(Object.keys(HASH_BYTES), NONE),
  encrypt: CIPHERS,
  decrypt: CIPHERS,
  sign: SIGNATURES,
  verify: SIGNATURES,
  deriveBits: { ECDH: PEER, X25519: PEER, HKDF, PBKDF2 },
  wrapKey: WRAPPERS,
  unwrapKey: WRAPPERS,
  generateKey: {
    HMAC: HMAC_KEY,
    ...each(AES, AES_KEY),
    ...each(RSA_CIPHERS, RSA_KEY),
    ...each(EC, CURVE),
    ...each(MONTGOMERY, NONE),
  },
  importKey: {
    HMAC: HMAC_KEY,
    ...each([...AES, ...MONTGOMERY, "HKDF", "PBKDF2"], NONE),
    ...each(RSA_CIPHERS, HASHED),
    ...each(EC, CURVE),
  },
  keyLength: { HMAC: HMAC_KEY, ...each(AES, AES_KEY), HKDF: NONE, PBKDF2: NONE },
} as const satisfies Record<string, Readonly<Record<string, readonly Member[]>>>;

export type Operation = keyof typeof REGISTRY;

/** An argument that names an algorithm: an object stays what it is, anything else becomes text. */
export function toIdentifier(value: unknown): string | object {
  return isObject(value) ? value : `${value}`;
}

/** The standard's normalization. @throws TypeError, or NotSupportedError where no such algorithm does this */
export function normalized(operation: Operation, given: string | object): Algorithm {
  const object = isObject(given) ? given : { name: toIdentifier(given) };
  const name = registeredName(operation, requiredName(object));
  const rows: Readonly<Record<string, readonly Member[]>> = REGISTRY[operation];
  const members = rows[name] as readonly Member[];
  const algorithm: Record<string, unknown> = { name };
  // Each dictionary is read anew, its name first.
  if (members.length > 0) requiredName(object);
  const values = toDictionary(object, "The algorithm");
  for (const [member, convert, need] of members) {
    const value = values[member];
    if (value !== undefined) algorithm[member] = convert(value, member);
    else if (need === "required") throw new TypeError(`The algorithm ${name} needs the member "${member}"`);
  }
  return algorithm as unknown as Algorithm;
}

function requiredName(object: object): string {
  const { name } = object as { name?: unknown };
  if (name === undefined) throw new TypeError('An algorithm needs the member "name"');
  return `${name}`;
}

function registeredName(operation: Operation, given: string): string {
  const wanted = asciiUpperCase(given);
  for (const name of Object.keys(REGISTRY[operation])) if (asciiUpperCase(name) === wanted) return name;
  throw notSupported(`${operation} is not supported for the algorithm ${shown(given)}`);
}

/** Letters of other scripts have capitals in ASCII too, and are none of these names. */
function asciiUpperCase(name: string): string {
  return name.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
