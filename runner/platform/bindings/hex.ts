import { uncurryThis } from "../primordials.ts";

/** What V8 has and the library of types does not know yet. */
const { fromHex: fromHexOf } = Uint8Array as unknown as { fromHex(text: string): Uint8Array<ArrayBuffer> };
const toHexOf = uncurryThis((Uint8Array.prototype as unknown as { toHex(this: Uint8Array): string }).toHex);

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return fromHexOf(text);
}

export function toHex(bytes: Uint8Array): string {
  return toHexOf(bytes);
}
