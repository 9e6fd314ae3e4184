import { monotonicNow } from "./clock.ts";
import { groupedLine, type Level, leaveGroups, moveGroup } from "./console.ts";
import { consoleTable } from "./consoleTable.ts";
import { describe, inspect } from "./describe.ts";
import { defineProperty, objectCreate, safeMap } from "./primordials.ts";

/** How often each label was counted, and since when each timer runs. */
const counts = safeMap<string, number>();
const startedMs = safeMap<string, number>();

/** The Console Standard's Logger and Formatter. */
function write(level: Level, values: readonly unknown[]): void {
  if (values.length > 0) groupedLine(level, format(values));
}

function format(values: readonly unknown[]): string {
  const [first, ...rest] = values;
  let used = 0;
  const head =
    typeof first !== "string" || rest.length === 0
      ? describe(first)
      : first.replace(/%([sdifoOc%])/g, (found, kind) => {
          if (kind === "%") return "%";
          if (used === rest.length) return found;
          return formatted(kind, rest[used++]);
        });
  let text = head;
  for (let index = used; index < rest.length; index++) text += ` ${describe(rest[index])}`;
  return text;
}

function formatted(kind: string, value: unknown): string {
  switch (kind) {
    case "s":
      return typeof value === "object" && value !== null ? describe(value) : String(value);
    case "d":
    case "i":
      return typeof value === "symbol" ? "NaN" : `${Number.parseInt(value as string, 10)}`;
    case "f":
      return typeof value === "symbol" ? "NaN" : `${Number.parseFloat(value as string)}`;
    case "c":
      return "";
    default:
      return inspect(value);
  }
}

function labelOf(label: unknown): string {
  return label === undefined ? "default" : `${label}`;
}

function elapsed(label: string): string | undefined {
  const since = startedMs.get(label);
  if (since === undefined) groupedLine("warn", `Timer ${label} does not exist`);
  return since === undefined ? undefined : `${label}: ${Math.round((monotonicNow() - since) * 10) / 10} ms`;
}

const methods = {
  assert(condition: unknown = false, ...data: unknown[]): void {
    if (condition) return;
    const [first, ...rest] = data;
    if (typeof first === "string") write("error", [`Assertion failed: ${first}`, ...rest]);
    else write("error", ["Assertion failed", ...data]);
  },
  clear(): void {
    leaveGroups();
  },
  debug(...data: unknown[]): void {
    write("debug", data);
  },
  error(...data: unknown[]): void {
    write("error", data);
  },
  info(...data: unknown[]): void {
    write("info", data);
  },
  log(...data: unknown[]): void {
    write("info", data);
  },
  table(tabularData: unknown = undefined, properties: unknown = undefined): void {
    const table = consoleTable(tabularData, properties);
    if (table === undefined) write("info", [tabularData]);
    else groupedLine("info", table);
  },
  trace(...data: unknown[]): void {
    const { stack = "" } = new Error();
    const text = data.length === 0 ? "Trace" : `Trace: ${format(data)}`;
    groupedLine("debug", [text, ...stack.split("\n").slice(2)].join("\n"));
  },
  warn(...data: unknown[]): void {
    write("warn", data);
  },
  dir(item: unknown = undefined, _options: unknown = undefined): void {
    groupedLine("info", describe(item));
  },
  dirxml(...data: unknown[]): void {
    write("info", data);
  },
  count(label: unknown = undefined): void {
    const text = labelOf(label);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    groupedLine("info", `${text}: ${count}`);
  },
  countReset(label: unknown = undefined): void {
    const text = labelOf(label);
    if (!counts.delete(text)) groupedLine("warn", `Count for ${text} does not exist`);
  },
  group(...data: unknown[]): void {
    write("info", data);
    moveGroup(1);
  },
  groupCollapsed(...data: unknown[]): void {
    methods.group(...data);
  },
  groupEnd(): void {
    moveGroup(-1);
  },
  time(label: unknown = undefined): void {
    const text = labelOf(label);
    if (startedMs.get(text) !== undefined) groupedLine("warn", `Timer ${text} exists already`);
    else startedMs.set(text, monotonicNow());
  },
  timeLog(label: unknown = undefined, ...data: unknown[]): void {
    const text = elapsed(labelOf(label));
    if (text !== undefined) write("info", [text, ...data]);
  },
  timeEnd(label: unknown = undefined): void {
    const name = labelOf(label);
    const text = elapsed(name);
    startedMs.delete(name);
    if (text !== undefined) groupedLine("info", text);
  },
};

/** The Console Standard's namespace, which writes to the function's log. */
export const console: typeof methods = Object.assign(objectCreate(objectCreate(Object.prototype)), methods);
defineProperty(console, Symbol.toStringTag, { value: "console", configurable: true });
