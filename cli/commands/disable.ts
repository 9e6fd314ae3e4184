import { setStatus } from "@edge-fleet/runner/release/tableChanges";
import { defineCommand } from "../command.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { releasedFunction, requireLive } from "../release/live.ts";

/** `edge disable` */
export const disable = defineCommand({
  summary: "switch a function off: its requests are answered with an error, and nothing of it runs",
  args: { function: { summary: "a deployed function", arity: "required", completes: "functions" } },
  options: CHANGE_OPTIONS,
  isDestructive: true,
  examples: [{ line: "disable hello", meaning: "it does harm, and there is no better version" }],
  async run(context, { args, options }) {
    const { name } = releasedFunction(context, await requireLive(await context.openStore()), args.function);
    return changeLive(context, {
      change: (deployed) => setStatus(name, "disabled", deployed),
      options,
      reason: "edge disable",
      question: `Switch ${name} off in the fleet of stack ${context.stack}?`,
    });
  },
});
