import { fromCharCode } from "../primordials.ts";

/** Characters put together by one call; more overflow the stack. */
const CHUNK = 8_192;

/** Text of an encoding of one byte. @param upper its characters from 128 on. @throws TypeError when `fatal` */
export function singleByteText(
  bytes: Uint8Array,
  { encoding, upper, fatal }: { encoding: string; upper: string; fatal: boolean },
): string {
  return textOf(bytes, (byte) => {
    const code = byte < 128 ? byte : upper.charCodeAt(byte - 128);
    if (code === 0xfffd && fatal) throw new TypeError(`The encoded data was not valid ${encoding}`);
    return code;
  });
}

export function userDefinedText(bytes: Uint8Array): string {
  return textOf(bytes, (byte) => (byte < 128 ? byte : 0xf700 + byte));
}

/** The decoder of UTF-16 in either order of bytes. */
export class Utf16Decoder {
  readonly #encoding: string;
  readonly #isFatal: boolean;
  #half: number | undefined;
  #lead: number | undefined;

  constructor(encoding: string, isFatal: boolean) {
    this.#encoding = encoding;
    this.#isFatal = isFatal;
  }

  /** @throws TypeError on malformed input when it is fatal */
  decode(bytes: Uint8Array, last: boolean): string {
    const units: number[] = [];
    const isBigEndian = this.#encoding === "utf-16be";
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index] as number;
      if (this.#half === undefined) {
        this.#half = byte;
        continue;
      }
      const unit = isBigEndian ? (this.#half << 8) | byte : this.#half | (byte << 8);
      this.#half = undefined;
      this.#unit(unit, units);
    }
    if (last && (this.#half !== undefined || this.#lead !== undefined)) {
      this.#half = undefined;
      this.#lead = undefined;
      units.push(this.#malformed());
    }
    return textOf(units, (unit) => unit);
  }

  #unit(unit: number, units: number[]): void {
    const kind = unit & 0xfc00;
    const lead = this.#lead;
    this.#lead = undefined;
    if (lead !== undefined) {
      if (kind === 0xdc00) {
        units.push(lead, unit);
        return;
      }
      this.#lead = kind === 0xd800 ? unit : undefined;
      units.push(this.#malformed());
      if (kind !== 0xd800) units.push(unit);
      return;
    }
    if (kind === 0xd800) this.#lead = unit;
    else units.push(kind === 0xdc00 ? this.#malformed() : unit);
  }

  #malformed(): number {
    if (!this.#isFatal) return 0xfffd;
    this.#half = undefined;
    this.#lead = undefined;
    throw new TypeError(`The encoded data was not valid ${this.#encoding}`);
  }
}

function textOf(values: ArrayLike<number>, unitOf: (value: number) => number): string {
  let text = "";
  for (let at = 0; at < values.length; at += CHUNK) {
    const units: number[] = [];
    const end = Math.min(at + CHUNK, values.length);
    for (let index = at; index < end; index++) units.push(unitOf(values[index] as number));
    text += fromCharCode(...units);
  }
  return text;
}
