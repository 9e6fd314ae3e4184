/** What the data section of a MaxMind DB holds here. Numbers are written in the type that the key asks for. */
export type MmdbValue = string | Uint | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

/** An unsigned integer of a given size. */
export interface Uint {
  readonly uintBits: 16 | 32 | 64;
  readonly value: number;
}

/** Type numbers of the specification. */
const TYPE = { string: 2, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 } as const;
const UINT_TYPE = { 16: TYPE.uint16, 32: TYPE.uint32, 64: TYPE.uint64 } as const;

/** A value in the format of the data section, without pointers. */
export function encode(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "utf8");
    return Buffer.concat([control(TYPE.string, bytes.length), bytes]);
  }
  if (isUint(value)) {
    const bytes = unsigned(value.value);
    if (bytes.length * 8 > value.uintBits)
      throw new RangeError(`${value.value} does not fit into ${value.uintBits} bits`);
    return Buffer.concat([control(UINT_TYPE[value.uintBits], bytes.length), bytes]);
  }
  if (isList(value)) return Buffer.concat([control(TYPE.array, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    control(TYPE.map, entries.length),
    ...entries.flatMap(([key, item]) => [encode(key), encode(item)]),
  ]);
}

/** The type and the size in front of a value; types above 7 have a byte of their own. */
function control(type: number, size: number): Buffer {
  const [short, more] = sizeBytes(size);
  const bytes = type <= 7 ? [(type << 5) | short] : [short, type - 7];
  return Buffer.from([...bytes, ...more]);
}

function sizeBytes(size: number): [short: number, more: number[]] {
  if (size < 29) return [size, []];
  if (size < 29 + 2 ** 8) return [29, [size - 29]];
  const rest = size - 29 - 2 ** 8;
  if (rest < 2 ** 16) return [30, [rest >> 8, rest & 255]];
  throw new RangeError(`a value of ${size} bytes or entries is too large`);
}

/** Big endian, without leading zeros; zero has no byte. */
function unsigned(value: number): Buffer {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an unsigned integer`);
  const hex = value === 0 ? "" : value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}

function isList(value: MmdbValue): value is readonly MmdbValue[] {
  return Array.isArray(value);
}

function isUint(value: MmdbValue): value is Uint {
  return typeof value === "object" && "uintBits" in value;
}
