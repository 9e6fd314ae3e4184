import { uncurryThis } from "../primordials.ts";

/** What V8 has and the library of types does not know yet. */
interface Base64 {
  toBase64(): string;
}

const { fromBase64 } = Uint8Array as unknown as { fromBase64(text: string): Uint8Array<ArrayBuffer> };
const toBase64Method = uncurryThis((Uint8Array.prototype as unknown as Base64).toBase64);

export function toBase64(bytes: Uint8Array): string {
  return toBase64Method(bytes as never);
}

/** Of text that comes from the host. */
export function fromBase64Text(text: string): Uint8Array<ArrayBuffer> {
  return fromBase64(text);
}
