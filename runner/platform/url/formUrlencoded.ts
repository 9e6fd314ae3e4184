import { ENCODE, percentDecode, percentEncode } from "./percentEncoding.ts";

export type FormPair = [name: string, value: string];

/** The application/x-www-form-urlencoded parser, of text whose bytes are UTF-8. */
export function parseForm(text: string): FormPair[] {
  const pairs: FormPair[] = [];
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf("&", at);
    if (end < 0) end = text.length;
    if (end > at) {
      const equals = text.indexOf("=", at);
      const middle = equals < 0 || equals > end ? end : equals;
      pairs[pairs.length] = [decode(text.slice(at, middle)), decode(text.slice(middle + 1, end))];
    }
    at = end + 1;
  }
  return pairs;
}

export function serialiseForm(pairs: readonly FormPair[]): string {
  let text = "";
  for (let index = 0; index < pairs.length; index++) {
    const [name, value] = pairs[index] as FormPair;
    text += `${index === 0 ? "" : "&"}${encode(name)}=${encode(value)}`;
  }
  return text;
}

function decode(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}

function encode(text: string): string {
  return percentEncode(text, ENCODE.form, true);
}
