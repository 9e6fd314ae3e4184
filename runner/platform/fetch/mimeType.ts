import type { HeaderList } from "../../protocol/messages.ts";
import { charCodeAt, toLowerCase } from "../primordials.ts";
import { combined, isToken } from "./headerList.ts";

/** A MIME type by the MIME Sniffing standard. */
export interface MimeType {
  /** `type/subtype`, in lower case. */
  readonly essence: string;
  /** Names in lower case, in the order in which they came. */
  readonly parameters: Map<string, string>;
}

const EDGES = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const TRAILING = /[\t\n\r ]+$/;
const QUOTED_CHARACTERS = /^[\t\x20-\x7e\x80-\xff]*$/;

/** @returns undefined for what is no MIME type */
export function parseMimeType(text: string): MimeType | undefined {
  const input = text.replace(EDGES, "");
  const slash = input.indexOf("/");
  const type = input.slice(0, Math.max(slash, 0));
  const semicolon = input.indexOf(";", slash);
  const subtype = input.slice(slash + 1, semicolon < 0 ? input.length : semicolon).replace(TRAILING, "");
  if (slash < 0 || !isToken(type) || !isToken(subtype)) return undefined;
  const parameters = new Map<string, string>();
  for (let at = semicolon < 0 ? input.length : semicolon; at < input.length; ) {
    at++;
    while (isSpaceAt(input, at)) at++;
    let end = at;
    while (end < input.length && input[end] !== ";" && input[end] !== "=") end++;
    const name = toLowerCase(input.slice(at, end));
    at = end;
    if (input[at] !== "=") continue;
    at++;
    let value: string;
    if (input[at] === '"') {
      const quoted = quotedString(input, at);
      value = quoted.value;
      at = quoted.end;
      while (at < input.length && input[at] !== ";") at++;
    } else {
      const until = input.indexOf(";", at);
      end = until < 0 ? input.length : until;
      value = input.slice(at, end).replace(TRAILING, "");
      at = end;
      if (value === "") continue;
    }
    if (isToken(name) && QUOTED_CHARACTERS.test(value) && !parameters.has(name)) parameters.set(name, value);
  }
  return { essence: toLowerCase(`${type}/${subtype}`), parameters };
}

export function serializeMimeType({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${isToken(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}

/** The MIME type that the `content-type` headers of a message come to, by Fetch. */
export function mimeTypeOf(list: HeaderList): MimeType | undefined {
  let found: MimeType | undefined;
  let charset: string | undefined;
  for (const value of valuesOf(list)) {
    const next = parseMimeType(value);
    if (next === undefined || next.essence === "*/*") continue;
    if (next.essence !== found?.essence) charset = next.parameters.get("charset");
    else if (!next.parameters.has("charset") && charset !== undefined) next.parameters.set("charset", charset);
    found = next;
  }
  return found;
}

/** What the headers come to together, split at the commas outside of quotes: quotes may reach from one header into the next. */
function valuesOf(list: HeaderList): string[] {
  const values: string[] = [];
  const text = combined(list, "content-type");
  if (text === null) return values;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      at = quotedString(text, at).end - 1;
    } else if (text[at] === ",") {
      values[values.length] = text.slice(start, at);
      start = at + 1;
    }
  }
  values[values.length] = text.slice(start);
  return values;
}

/** @param at where the opening quote is */
export function quotedString(input: string, at: number): { readonly value: string; readonly end: number } {
  let value = "";
  let end = at + 1;
  for (; end < input.length; end++) {
    const character = input[end];
    if (character === '"') return { value, end: end + 1 };
    if (character === "\\" && end + 1 < input.length) value += input[++end];
    else value += character;
  }
  return { value, end };
}

function isSpaceAt(text: string, at: number): boolean {
  const code = charCodeAt(text, at);
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
