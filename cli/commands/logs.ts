import { defineCommand, flag, value } from "../command.ts";
import { functionNamed } from "../functionNames.ts";
import { logText } from "../isolate/logText.ts";
import { openLogSource } from "../logs/logSource.ts";
import { integer, oneOf, text } from "../parsers.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;
const DEFAULT_LINES = 100;
const LINES_MAX = 100_000;

/** `edge logs` */
export const logs = defineCommand({
  summary: "show what functions and runners of all nodes log",
  description: "Sorted by time; with --json a JSON line each. Nodes keep 20 to 40 MB.",
  args: {},
  options: {
    tail: flag("go on with new lines until Ctrl-C"),
    function: value("<name>", "lines of one function only", text),
    region: value("<region>", "lines of one region only", text),
    level: value("<level>", `lines of this level and above: ${LEVELS.join(", ")}`, oneOf(LEVELS)),
    lines: value("<n>", `newest lines to begin with; default ${DEFAULT_LINES}`, integer({ min: 0, max: LINES_MAX })),
  },
  examples: [
    { line: "logs --tail --function hello", meaning: "follow one function everywhere" },
    { line: "logs --level error --json | jq -r .stack", meaning: "where errors come from" },
  ],
  async run(context, { options }) {
    const { out, signal, oneOf: oneOfKnown } = context;
    const environment = context.environment();
    const { regions } = environment.config;
    const region =
      options.region &&
      oneOfKnown(
        "region",
        options.region,
        regions.map(({ name }) => name),
      );
    const name = options.function && (await functionNamed(context, options.function));
    const least = LEVELS.indexOf(options.level ?? "debug");
    const source = await openLogSource(environment);
    const records = source.read({
      last: options.lines ?? DEFAULT_LINES,
      isTail: options.tail,
      signal,
      fits: (record) =>
        (name === undefined || record.function === name) &&
        (region === undefined || record.region === region) &&
        LEVELS.indexOf(record.level as (typeof LEVELS)[number]) >= least,
    });
    for await (const record of records) {
      out.stream(record, () =>
        logText(record, { who: `${record.node} ${record.function ?? String(record.process ?? "")}`.trimEnd() }),
      );
    }
  },
});
