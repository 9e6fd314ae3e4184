import { INSPECT_MAX_BYTES, kMaxLength, Buffer as Portable, SlowBuffer } from "buffer/";

type Encoded = (...given: unknown[]) => unknown;

/** The package has no `base64url`, but reads it as base64. */
const isUrlSafe = (encoding: unknown) => typeof encoding === "string" && encoding.toLowerCase() === "base64url";
const known = (encoding: unknown) => (isUrlSafe(encoding) ? "base64" : encoding);

/** The package reads a wrong digit as part of a byte; Node ends there. */
const valid = (text: unknown, encodings: unknown[]) =>
  typeof text === "string" && encodings.some((encoding) => `${encoding}`.toLowerCase() === "hex")
    ? /^(?:[\da-f]{2})*/i.exec(text)?.[0]
    : text;

/** Gives the method an encoding that it knows, wherever among the arguments after the first it stands. */
function withUrlSafe(target: object, name: string): void {
  const method = Reflect.get(target, name) as Encoded;
  Reflect.set(target, name, function (this: unknown, first: unknown, ...rest: unknown[]) {
    return Reflect.apply(method, this, [name === "byteLength" ? first : valid(first, rest), ...rest.map(known)]);
  });
}

function extended(): typeof globalThis.Buffer {
  const { prototype } = Portable;
  for (const name of ["from", "alloc", "byteLength"]) withUrlSafe(Portable, name);
  for (const name of ["write", "fill", "indexOf", "lastIndexOf", "includes"]) withUrlSafe(prototype, name);
  const toText = prototype.toString as Encoded;
  prototype.toString = function (this: unknown, encoding?: unknown, ...range: unknown[]) {
    const text = Reflect.apply(toText, this, [known(encoding), ...range]) as string;
    return isUrlSafe(encoding) ? text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") : text;
  } as typeof prototype.toString;
  const { isEncoding } = Portable;
  Portable.isEncoding = ((encoding: unknown) => isUrlSafe(encoding) || isEncoding(`${encoding}`)) as typeof isEncoding;
  return Portable as unknown as typeof globalThis.Buffer;
}

export const Buffer = /* @__PURE__ */ extended();
export const constants = { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: 2 ** 29 - 24 };
export const { Blob, File, atob, btoa } = globalThis;
export { INSPECT_MAX_BYTES, kMaxLength, SlowBuffer };
export default { Buffer, SlowBuffer, Blob, File, INSPECT_MAX_BYTES, atob, btoa, constants, kMaxLength };
