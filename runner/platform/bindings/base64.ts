import { uncurryThis } from "../primordials.ts";

/** What V8 has and the library of types does not know yet. */
const { fromBase64: fromBase64Of } = Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> };
const toBase64Of = uncurryThis((Uint8Array.prototype as unknown as { toBase64(this: Uint8Array): string }).toBase64);

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64Of(text);
}

export function toBase64(bytes: Uint8Array): string {
  return toBase64Of(bytes);
}
