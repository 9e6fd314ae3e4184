import { setStatus } from "@edge-fleet/runner/release/tableChanges";
import { defineCommand } from "../command.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { releasedFunction, requireLive } from "../release/live.ts";

/** `edge enable` */
export const enable = defineCommand({
  summary: "switch a function on again",
  args: { function: { summary: "a deployed function", arity: "required", completes: "functions" } },
  options: CHANGE_OPTIONS,
  examples: [{ line: "enable hello", meaning: "it may run again" }],
  async run(context, { args, options }) {
    const { name } = releasedFunction(context, await requireLive(await context.openStore()), args.function);
    return changeLive(context, {
      change: (deployed) => setStatus(name, "active", deployed),
      options,
      reason: "edge enable",
      question: null,
    });
  },
});
