/**
 * JSON with one spelling per value: object keys sorted by UTF-16 code unit, no white space. Equal values give equal
 * bytes on every machine, so that their hashes can be compared.
 *
 * @throws TypeError for what JSON cannot carry unchanged: undefined, functions, symbols, bigints, NaN, infinities.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(",")}}`;
  }
  throw new TypeError(`canonical JSON cannot carry ${typeof value === "number" ? value : typeof value}`);
}
