import { stripVTControlCharacters, styleText } from "node:util";
import Table from "cli-table3";

/** Where a command's words go: results to standard output, all that only accompanies them to standard error. */
export interface Output {
  readonly isJson: boolean;
  /** The result: `data` as one JSON document with `--json`, else the text. Once a command. */
  show(data: unknown, text: () => string): void;
  /** One record of a stream: a JSON line with `--json`, else the text. */
  stream(record: unknown, text: () => string): void;
  /** For people alone: nothing with `--json`. To standard error, so that pipes carry results only. */
  note(text: string): void;
  error(told: { readonly code: string | null; readonly message: string }): void;
}

export function makeOutput(isJson: boolean): Output {
  const write = (record: unknown, text: () => string, indent?: number) =>
    process.stdout.write(`${isJson ? JSON.stringify(record, null, indent) : text()}\n`);
  return {
    isJson,
    show: (data, text) => void write(data, text, 2),
    stream: (record, text) => void write(record, text),
    note: (text) => {
      if (!isJson) process.stderr.write(`${text}\n`);
    },
    error: ({ code, message }) => {
      if (isJson) write({ error: { code, message } }, () => "");
      else process.stderr.write(`${styled("red", "error:", process.stderr)} ${message}\n`);
    },
  };
}

export type Style = Parameters<typeof styleText>[0];

/** Colour where the stream is a terminal that wants it (NO_COLOR, FORCE_COLOR). */
export function styled(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

/** Rows under a dim head, two blanks between columns; numbers to the right where `right` has the column's place. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [] }: { readonly right?: readonly number[] } = {},
): string {
  const printed = new Table({
    head: head.map((word) => styled("dim", word)),
    chars: NO_BORDERS,
    colAligns: head.map((_, column) => (right.includes(column) ? "right" : "left")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
  });
  printed.push(...rows.map((row) => [...row]));
  return printed
    .toString()
    .split("\n")
    .map((line) => (stripVTControlCharacters(line) === line ? line.trimEnd() : line.replace(/ +$/, "")))
    .join("\n");
}

const NO_BORDERS = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
  ].map((part) => [part, ""]),
);
