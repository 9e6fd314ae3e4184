import { setStatus } from "@edge-fleet/runner/release/tableChanges";
import { defineCommand } from "../command.ts";
import { CHANGE_OPTIONS, changeLive } from "../release/apply.ts";
import { releasedFunction, requireLive } from "../release/live.ts";
import { tellNodes } from "../release/tellNodes.ts";

/** `edge enable` */
export const enable = defineCommand({
  summary: "switch a function on again, and end its quarantine on all nodes",
  description:
    "Of one that is on already only the quarantine ends, into which a node puts what took its worker processes down.",
  args: { function: { summary: "a deployed function", arity: "required", completes: "functions" } },
  options: CHANGE_OPTIONS,
  examples: [{ line: "enable hello", meaning: "it may run again" }],
  async run(context, { args, options }) {
    const { name, status } = releasedFunction(context, await requireLive(await context.openStore()), args.function);
    if (status === "active") return tellNodes(context, { kind: "lift", function: name }, "Lifted");
    return changeLive(context, {
      change: (deployed) => setStatus(name, "active", deployed),
      options,
      reason: "edge enable",
      question: null,
    });
  },
});
