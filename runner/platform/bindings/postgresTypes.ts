import { jsonParse, sliceText } from "../primordials.ts";
import { fromHex, toHex } from "./hex.ts";

type Read = (text: string) => unknown;

const asText: Read = (text) => text;
const asNumber: Read = (text) => Number(text);

/** By the server's number of the type; every other one stays text, int8 and numeric too: they hold more than a number does. */
const READERS: Readonly<Record<number, Read>> = {
  16: (text) => text === "t",
  17: (text) => fromHex(sliceText(text, 2)),
  21: asNumber,
  23: asNumber,
  26: asNumber,
  114: jsonParse,
  700: asNumber,
  701: asNumber,
  1114: (text) => instant(text, `${text}Z`),
  1184: (text) => instant(text, text),
  3802: jsonParse,
};

/** Type of the elements by the type of the list. */
const ELEMENTS: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1002: 18,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1041: 869,
  1115: 1114,
  1182: 1082,
  1183: 1083,
  1185: 1184,
  1231: 1700,
  2951: 2950,
  3807: 3802,
};

/** How values of a type are read. @param kept types that stay as the server writes them. */
export function readerOf(type: number, kept: readonly number[]): Read {
  for (let index = 0; index < kept.length; index++) if (kept[index] === type) return asText;
  const element = ELEMENTS[type];
  if (element === undefined) return READERS[type] ?? asText;
  const read = READERS[element] ?? asText;
  return (text) => listOf(text, read);
}

/** What has no place in a Date (infinity, years before Christ, offsets with seconds) stays text. */
function instant(text: string, zoned: string): unknown {
  const date = new Date(zoned.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00"));
  return Number.isNaN(date.getTime()) ? text : date;
}

/** A list as the server writes it: `{1,NULL,"a,\"b\"",{2}}`, with bounds before it where they are not the usual ones. */
function listOf(text: string, read: Read): unknown[] {
  const root: unknown[] = [];
  const stack: unknown[][] = [];
  let at = text.indexOf("{");
  while (at < text.length) {
    const character = text[at];
    if (character === "{") {
      const list: unknown[] = stack.length === 0 ? root : [];
      stack.at(-1)?.push(list);
      stack.push(list);
      at++;
    } else if (character === "}" || character === ",") {
      if (character === "}") stack.pop();
      at++;
    } else if (character === '"') {
      const end = quotedEnd(text, at + 1);
      stack.at(-1)?.push(read(text.slice(at + 1, end).replace(/\\(.)/gs, "$1")));
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== "," && text[end] !== "}") end++;
      const word = text.slice(at, end);
      stack.at(-1)?.push(word === "NULL" ? null : read(word));
      at = end;
    }
  }
  return root;
}

function quotedEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

/** A parameter that is a list, as the server reads it. @param write gives an element as text. */
export function listText(values: readonly unknown[], write: (value: unknown) => string | null | Uint8Array): string {
  const elements = values.map((value) => {
    if (Array.isArray(value)) return listText(value, write);
    const text = write(value);
    if (text === null) return "NULL";
    const plain = typeof text === "string" ? text : `\\x${toHex(text)}`;
    return `"${plain.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${elements.join(",")}}`;
}
