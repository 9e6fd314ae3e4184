import type { HeaderList } from "../../protocol/messages.ts";

/** Directives by name in lower case; a directive without a value has "". One that is repeated with another value has the least. */
export type Directives = ReadonlyMap<string, string>;

/** `name`, `name=token` or `name="quoted"`, between commas. */
const DIRECTIVE = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*)))?\s*(?:,|$)/gy;

/** Reads `cache-control`; what cannot be read from some place on makes everything uncacheable: `no-store`. */
export function cacheControl(headers: HeaderList): Directives {
  const text = headerValue(headers, "cache-control") ?? "";
  const found = new Map<string, string>();
  DIRECTIVE.lastIndex = 0;
  let at = 0;
  for (let match = DIRECTIVE.exec(text); match !== null && match[0] !== ""; match = DIRECTIVE.exec(text)) {
    const [whole, name = "", quoted, token] = match;
    at += whole.length;
    const key = name.toLowerCase();
    const value = quoted ?? token ?? "";
    const before = found.get(key);
    found.set(key, before === undefined || seconds(value) < seconds(before) ? value : before);
  }
  const rest = text.slice(at).replaceAll(/[\s,]/g, "");
  if (rest !== "") found.set("no-store", "");
  return found;
}

/** A delta in seconds as RFC 9111 has it; what is none counts as 0, which is stale at once. */
export function seconds(value: string): number {
  return /^\d{1,15}$/.test(value) ? Math.min(Number(value), 2 ** 31) : 0;
}

/** All values of one header, joined as one. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  const values = headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}
