import { utf8Encode } from "../encoding.ts";
import { parseMimeType, serializeMimeType } from "./mimeType.ts";

const BASE64 = /;[ ]*base64$/i;
const PLAIN_TEXT = "text/plain;charset=US-ASCII";

/**
 * What a `data:` URL holds, by Fetch.
 *
 * @throws TypeError for what is no such URL
 */
export function readDataUrl(url: string): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  const comma = url.indexOf(",");
  if (comma < 0) throw new TypeError("A data: URL needs a comma before its data");
  const head = url.slice("data:".length, comma).replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, "");
  const fragment = url.indexOf("#");
  const bytes = percentDecoded(url.slice(comma + 1, fragment < 0 ? url.length : fragment));
  const isBase64 = BASE64.test(head);
  const given = isBase64 ? head.replace(BASE64, "") : head;
  const type = parseMimeType(given.startsWith(";") ? `text/plain${given}` : given);
  return {
    type: type === undefined ? PLAIN_TEXT : serializeMimeType(type),
    bytes: isBase64 ? base64Decoded(bytes) : bytes,
  };
}

function percentDecoded(text: string): Uint8Array<ArrayBuffer> {
  const encoded = utf8Encode(text);
  const bytes = new Uint8Array(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at++) {
    const digits = encoded[at] === 0x25 ? Number.parseInt(hexAt(encoded, at + 1), 16) : Number.NaN;
    bytes[length++] = Number.isNaN(digits) ? (encoded[at] as number) : digits;
    if (!Number.isNaN(digits)) at += 2;
  }
  return bytes.slice(0, length);
}

/** Two hexadecimal digits, or what is no number. */
function hexAt(bytes: Uint8Array, at: number): string {
  const text = String.fromCharCode(bytes[at] ?? 0x20, bytes[at + 1] ?? 0x20);
  return /^[0-9A-Fa-f]{2}$/.test(text) ? text : "";
}

function base64Decoded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  let decoded: string;
  try {
    decoded = atob(text);
  } catch {
    throw new TypeError("The data of the data: URL are no Base64");
  }
  const result = new Uint8Array(decoded.length);
  for (let index = 0; index < decoded.length; index++) result[index] = decoded.charCodeAt(index);
  return result;
}
