import { inspect } from "./describe.ts";
import { isObject } from "./webidl.ts";

/** Rows and columns that are shown of a table. */
const MAX = 100;
const INDEX = "(index)";
const VALUES = "Values";

/** What `console.table` shows; undefined for what is no table. */
export function consoleTable(data: unknown, only: unknown): string | undefined {
  if (!isObject(data)) return undefined;
  const wanted = only === undefined ? undefined : new Set(Array.from(only as Iterable<unknown>, String));
  const columns = new Set<string>();
  let hasValues = false;
  const rows = entriesOf(data).map(([index, row]) => {
    const cells = new Map<string, string>([[INDEX, index]]);
    if (isObject(row)) {
      for (const [name, value] of entriesOf(row)) {
        if (wanted !== undefined && !wanted.has(name)) continue;
        columns.add(name);
        cells.set(name, inspect(value));
      }
    } else {
      hasValues = true;
      cells.set(VALUES, inspect(row));
    }
    return cells;
  });
  const names = [INDEX, ...(wanted ?? columns), ...(hasValues ? [VALUES] : [])];
  const table = [names, ...rows.map((cells) => names.map((name) => cells.get(name) ?? ""))];
  const widths = names.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ");
  return [line(names), widths.map((width) => "-".repeat(width)).join("-|-"), ...table.slice(1).map(line)].join("\n");
}

function entriesOf(value: object): [string, unknown][] {
  const entries =
    value instanceof Map
      ? [...value].map(([key, entry]): [string, unknown] => [inspect(key), entry])
      : Object.entries(value);
  return entries.slice(0, MAX);
}
