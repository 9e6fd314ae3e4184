import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineCommand, flag } from "../command.ts";
import { envTypes, typeName } from "../envTypes.ts";
import { CommandError } from "../errors.ts";

const FILE = "functions/env.d.ts";

/** `edge types` */
export const types = defineCommand({
  summary: `write ${FILE}: what each function has in env`,
  description:
    "An interface for each function with variables, secrets or bindings, from the stack's config. A function uses it as " +
    '`import type { ProxyEnv } from "./env.d.ts"` and `satisfies EdgeFunction<ProxyEnv>`.',
  args: {},
  options: { check: flag("write nothing; exit code 1 when the file is not up to date") },
  examples: [
    { line: "types", meaning: "after a change of the stack's config" },
    { line: "types --check", meaning: "in CI" },
  ],
  async run({ environment, out, projectDir }, { options }) {
    const { config, stack } = environment();
    const hasAssets = (name: string) => existsSync(join(projectDir, "functions", `${name}.assets`));
    const names = config.functions.map(({ name }) => name);
    const text = envTypes(stack, config.functions, new Set(names.filter(hasAssets)));
    const path = join(projectDir, FILE);
    const isCurrent = existsSync(path) && readFileSync(path, "utf8") === text;
    if (options.check && !isCurrent)
      throw new CommandError(`${FILE} is not what the config of stack ${stack} says: run \`edge types\``);
    if (!isCurrent) writeFileSync(path, text);
    const declared = names.filter((name) => text.includes(`interface ${typeName(name)} `));
    out.show({ file: FILE, changed: !isCurrent, functions: declared }, () =>
      isCurrent
        ? `${FILE} is up to date`
        : `wrote ${FILE}: ${declared.length === 0 ? "no function has an env" : declared.join(", ")}`,
    );
  },
});
