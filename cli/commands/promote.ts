import { promote as promoteSplit } from "@edge-fleet/runner/release/tableChanges";
import { defineCommand } from "../command.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { releasedFunction, requireLive } from "../release/live.ts";

/** `edge promote` */
export const promote = defineCommand({
  summary: "give a split's candidate to all visitors",
  args: { function: { summary: "a function with a split", arity: "required", completes: "functions" } },
  options: CHANGE_OPTIONS,
  isDestructive: true,
  examples: [{ line: "promote hello", meaning: "the tenth of the visitors were content" }],
  async run(context, { args, options }) {
    const { name } = releasedFunction(context, await requireLive(await context.openStore()), args.function);
    return changeLive(context, {
      change: (deployed) => promoteSplit(name, deployed),
      options,
      reason: "edge promote",
      question: `Give it to all visitors of stack ${context.stack}?`,
    });
  },
});
