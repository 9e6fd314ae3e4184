import { host, payerFor } from "../host.ts";
import { paidFor } from "../limitError.ts";
import { ENCODE, hexDigit, percentDecode, percentEncode } from "./percentEncoding.ts";

const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
/** What the host's function would not take for a part of the domain; other forbidden characters may yet combine with what follows. */
const UNTAKEN = /[\t\n\r#%/:?@[\\\]]/;
const NOT_ASCII = /[^\0-\x7f]/;
const PUNYCODE = /(?:^|\.)xn--/;
const LAST_LABEL = /(?:^|\.)([^.]*)\.?$/;

/** The host parser: the host as it is serialised, or undefined when it is none. */
export function parseHost(input: string, isOpaque: boolean): string | undefined {
  if (input.startsWith("[")) {
    const address = input.endsWith("]") ? parseIpv6(input.slice(1, -1)) : undefined;
    return address === undefined ? undefined : `[${ipv6Text(address)}]`;
  }
  if (isOpaque) return FORBIDDEN_HOST.test(input) ? undefined : percentEncode(input, ENCODE.c0);
  const domain = toAscii(percentDecode(input));
  if (domain === "" || FORBIDDEN_DOMAIN.test(domain)) return undefined;
  return endsInNumber(domain) ? parseIpv4(domain) : domain;
}

/** Domain to ASCII. Unicode's tables are the host's; what is in ASCII already needs none of them. */
function toAscii(domain: string): string {
  const isAscii = !NOT_ASCII.test(domain);
  const lower = isAscii ? domain.toLowerCase() : domain;
  if (isAscii && !PUNYCODE.test(lower)) return lower;
  if (UNTAKEN.test(lower)) return "";
  return paidFor(host().domainToAscii(payerFor("A URL with a domain that is not plain ASCII"), lower));
}

function endsInNumber(domain: string): boolean {
  const last = LAST_LABEL.exec(domain)?.[1] ?? "";
  return /^[0-9]+$/.test(last) || ipv4Number(last) !== undefined;
}

function ipv4Number(text: string): number | undefined {
  if (text === "") return undefined;
  if (/^0x[0-9a-f]*$/.test(text)) return text === "0x" ? 0 : Number(text);
  if (text.length > 1 && text[0] === "0") return /^[0-7]+$/.test(text) ? Number(`0o${text}`) : undefined;
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

function parseIpv4(domain: string): string | undefined {
  const parts = domain.split(".");
  if (parts.length > 1 && parts[parts.length - 1] === "") parts.pop();
  if (parts.length > 4) return undefined;
  let address = 0;
  for (let index = 0; index < parts.length; index++) {
    const number = ipv4Number(parts[index] as string);
    if (number === undefined) return undefined;
    if (index < parts.length - 1) {
      if (number > 255) return undefined;
      address += number * 256 ** (3 - index);
    } else {
      if (number >= 256 ** (5 - parts.length)) return undefined;
      address += number;
    }
  }
  return `${Math.floor(address / 2 ** 24)}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** Eight pieces, or undefined. */
function parseIpv6(input: string): number[] | undefined {
  const address = [0, 0, 0, 0, 0, 0, 0, 0];
  let piece = 0;
  let compress = -1;
  let at = 0;
  if (input[0] === ":") {
    if (input[1] !== ":") return undefined;
    at = 2;
    compress = ++piece;
  }
  while (at < input.length) {
    if (piece === 8) return undefined;
    if (input[at] === ":") {
      if (compress >= 0) return undefined;
      at++;
      compress = ++piece;
      continue;
    }
    let value = 0;
    let length = 0;
    for (let digit = hexDigit(input.charCodeAt(at)); length < 4 && digit >= 0; digit = hexDigit(input.charCodeAt(at))) {
      value = value * 16 + digit;
      at++;
      length++;
    }
    if (input[at] === ".") {
      if (length === 0 || piece > 6) return undefined;
      const last = embeddedIpv4(input.slice(at - length));
      if (last === undefined) return undefined;
      [address[piece], address[piece + 1]] = last;
      piece += 2;
      break;
    }
    if (input[at] === ":") {
      if (++at === input.length) return undefined;
    } else if (at < input.length) {
      return undefined;
    }
    address[piece++] = value;
  }
  if (compress >= 0) {
    const moved = address.splice(compress, piece - compress);
    address.push(...moved);
    return address;
  }
  return piece === 8 ? address : undefined;
}

function embeddedIpv4(text: string): [number, number] | undefined {
  const parts = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (parts === null) return undefined;
  const [, a, b, c, d] = parts.map(Number) as [number, number, number, number, number];
  return a > 255 || b > 255 || c > 255 || d > 255 ? undefined : [a * 256 + b, c * 256 + d];
}

function ipv6Text(address: readonly number[]): string {
  let [start, length] = [-1, 1];
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (end < 8 && address[end] === 0) end++;
    if (end - at > length) [start, length] = [at, end - at];
    if (end > at) at = end - 1;
  }
  const hex = (from: number, to: number) =>
    address
      .slice(from, to)
      .map((piece) => piece.toString(16))
      .join(":");
  return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}
