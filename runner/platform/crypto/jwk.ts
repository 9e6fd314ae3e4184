import type { Bytes } from "../bytes.ts";
import { utf8Encode, utf8Text } from "../encoding.ts";
import { jsonParse, plainJson, setPrototypeOf } from "../primordials.ts";
import { isObject, toDictionary, toSequence } from "../webidl.ts";
import { asciiText, fromBase64url } from "./base64url.ts";
import type { KeyParts, Usage } from "./cryptoKey.ts";
import { dataError, notSupported } from "./errors.ts";

/** The standard's JsonWebKey, its members converted; it has no prototype, so nobody is asked for what it lacks. */
export interface Jwk {
  alg?: string;
  crv?: string;
  ext?: boolean;
  key_ops?: readonly string[];
  kty?: string;
  oth?: unknown;
  use?: string;
  /** The numbers, in base64url. */
  d?: string;
  dp?: string;
  dq?: string;
  e?: string;
  k?: string;
  n?: string;
  p?: string;
  q?: string;
  qi?: string;
  x?: string;
  y?: string;
}

export type NumberName = "d" | "dp" | "dq" | "e" | "k" | "n" | "p" | "q" | "qi" | "x" | "y";

const text = (value: unknown) => `${value}`;
/** In the order in which they are read. */
const MEMBERS: Readonly<Record<keyof Jwk, (value: unknown) => unknown>> = {
  alg: text,
  crv: text,
  d: text,
  dp: text,
  dq: text,
  e: text,
  ext: Boolean,
  k: text,
  key_ops: (value) => toSequence(value, text, "key_ops"),
  kty: text,
  n: text,
  oth: (value) => toSequence(value, (item) => toDictionary(item, "An item of oth"), "oth"),
  p: text,
  q: text,
  qi: text,
  use: text,
  x: text,
  y: text,
};
const NAMES = Object.keys(MEMBERS) as (keyof Jwk)[];

export function emptyJwk(): Jwk {
  return { __proto__: null } as Jwk;
}

/** A key that is exported, its numbers still to come. */
export function exportedJwk(kty: string, { usages, extractable }: KeyParts): Jwk {
  const jwk = emptyJwk();
  jwk.kty = kty;
  jwk.key_ops = [...usages];
  jwk.ext = extractable;
  return jwk;
}

/** @throws TypeError */
export function toJwk(value: unknown): Jwk {
  const given = toDictionary(value, "A JSON Web Key");
  const jwk: Record<string, unknown> = emptyJwk() as Record<string, unknown>;
  for (let index = 0; index < NAMES.length; index++) {
    const name = NAMES[index] as keyof Jwk;
    const member = given[name];
    if (member !== undefined) jwk[name] = MEMBERS[name](member);
  }
  return jwk as Jwk;
}

/** Of bytes that were unwrapped, which the function may never see: nothing of its own is asked for what is in them. @throws DataError */
export function parsedJwk(bytes: Bytes): Jwk {
  let value: unknown;
  try {
    value = jsonParse(asciiText(bytes) ?? utf8Text(bytes));
  } catch {
    throw dataError("what was unwrapped is no JSON");
  }
  if (!isObject(value)) throw dataError("what was unwrapped is no JSON Web Key");
  setPrototypeOf(value, null);
  const given = value as Record<string, unknown>;
  for (let index = 0; index < NAMES.length; index++) {
    const name = NAMES[index] as keyof Jwk;
    if (MEMBERS[name] === text && isObject(given[name])) throw dataError(`the JSON Web Key's "${name}" is no text`);
  }
  // Further primes are as secret; that there are some is all that is read.
  if (given.oth !== undefined) given.oth = [];
  const jwk = toJwk(given);
  if (jwk.kty === undefined) throw dataError('the JSON Web Key has no "kty"');
  return jwk;
}

/** As bytes that can be wrapped. @param multiple what their number must be a multiple of; spaces fill it up */
export function jwkBytes(jwk: object, multiple: number): Bytes {
  let json = plainJson(jwk);
  while (json.length % multiple !== 0) json += " ";
  return utf8Encode(json) as Bytes;
}

interface Expected {
  readonly kty: string;
  readonly use: "sig" | "enc";
  readonly extractable: boolean;
  readonly usages: readonly Usage[];
}

/** What any JSON Web Key has to say that is imported. @throws DataError */
export function checkJwk(jwk: Jwk, { kty, use, extractable, usages }: Expected): void {
  if (jwk.kty !== kty) throw dataError(`the key's "kty" is not ${kty}`);
  if (usages.length > 0 && jwk.use !== undefined && jwk.use !== use) throw dataError(`the key's "use" is not ${use}`);
  const operations = jwk.key_ops;
  if (operations !== undefined) {
    if (new Set(operations).size !== operations.length) throw dataError('the key names one of its "key_ops" twice');
    const missing = usages.find((usage) => !operations.includes(usage));
    if (missing !== undefined) throw dataError(`the key's "key_ops" do not allow ${missing}`);
  }
  if (jwk.ext === false && extractable) throw dataError('the key\'s "ext" says that it is not extractable');
}

/** @param algorithms names that "alg" may have; any when there are none */
export function checkAlg(jwk: Jwk, algorithms: readonly string[]): void {
  if (jwk.alg !== undefined && !algorithms.includes(jwk.alg))
    throw dataError(`the key's "alg" is not ${algorithms.join(" or ")}`);
}

/** The key's own numbers alone, as the host reads them. @throws DataError when one is missing or no base64url */
export function numbersOf(jwk: Jwk, kty: string, names: readonly NumberName[]): Jwk {
  const numbers = emptyJwk();
  numbers.kty = kty;
  if (kty === "RSA" && jwk.oth !== undefined) throw notSupported("RSA keys of more than two primes are not supported");
  if (jwk.crv !== undefined) numbers.crv = jwk.crv;
  for (const name of names) {
    const value = jwk[name];
    if (value === undefined) throw dataError(`the key has no "${name}"`);
    fromBase64url(value);
    numbers[name] = value;
  }
  return numbers;
}
