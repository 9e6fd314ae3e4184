import { FUNCTION_NAME } from "@edge-fleet/runner/release/functionManifest";
import { defineCommand, value } from "../command.ts";
import { UsageError } from "../errors.ts";
import { styled } from "../output.ts";
import { text } from "../parsers.ts";
import { copyTemplate, findTemplates, templateConfig } from "../templates.ts";

const DEFAULT_TEMPLATE = "hello";

/** `edge init [name]` */
export const init = defineCommand({
  summary: "make a function from a ready one, with its test",
  description: "functions/README.md says what each ready function does and what config it needs.",
  args: { name: { summary: "name of the new function; default: the template's", arity: "optional" } },
  options: {
    template: value("<name>", `ready function to start from; default ${DEFAULT_TEMPLATE}`, text),
  },
  examples: [
    { line: "init greet", meaning: "functions/greet.ts and its test" },
    { line: "init moved --template redirects", meaning: "redirects under a name of its own" },
  ],
  async run({ out, oneOf, projectDir }, { args, options }) {
    const template = oneOf("template", options.template ?? DEFAULT_TEMPLATE, [...findTemplates().keys()]);
    const name = args.name ?? template;
    if (!FUNCTION_NAME.regex.test(name)) throw new UsageError(`${JSON.stringify(name)} is not ${FUNCTION_NAME.gloss}`);
    const files = copyTemplate(template, name, projectDir);
    const config = templateConfig(template, name);
    out.show({ name, template, files, config }, () =>
      [
        ...files.map((file) => `${styled("green", "wrote")} ${file}`),
        ...(config === null ? [] : ["", "It needs config in the stack's file, for instance", "", config]),
        "",
        `${styled("dim", "try")}   npx edge dev ${name}`,
        `${styled("dim", "test")}  npx edge test`,
      ].join("\n"),
    );
  },
});
