import { type PurgeCommand, PurgeOrderError, parsePurgeOrder } from "@edge-fleet/runner/agent/cache/purgeOrder";
import { defineCommand, flag, value } from "../command.ts";
import { EXIT_CODES, UsageError } from "../errors.ts";
import { text } from "../parsers.ts";
import { tellNodes } from "../release/tellNodes.ts";

/** `edge purge` */
export const purge = defineCommand({
  summary: "make the caches of all nodes forget pages",
  description:
    "Written to the store's control log: a node that is away does it before it serves again. What stands in front of the fleet, a CDN or a browser, is not purged. The exit code is 1 when a node has not done it after 15 s.",
  args: {},
  options: {
    url: value("<url>", "one page, as clients ask for it", text),
    tag: value("<tag>", "pages whose answer had this tag", text),
    host: value("<name>", "all pages of a host", text),
    all: flag("everything"),
    soft: flag("with --url: the copy only expires, and may stand in while a new one is fetched"),
  },
  isDestructive: true,
  examples: [
    { line: "purge --url https://edge.test:8443/page", meaning: "one page" },
    { line: "purge --tag product-7", meaning: "what shows product 7" },
    { line: "purge --all --yes", meaning: "everything; origins get all requests at once" },
  ],
  async run(context, { options }) {
    const { url, tag, host, all, soft } = options;
    const given = Object.entries({ url, tag, host, all: all || undefined }).filter(([, word]) => word !== undefined);
    if (given.length !== 1) throw new UsageError("give exactly one of --url, --tag, --host and --all");
    const order = checked({ ...Object.fromEntries(given), ...(soft && { soft }) });
    if (all && !(await context.confirm(`Empty all caches of stack ${context.stack}?`))) {
      context.out.show({ isDeclined: true }, () => "Nothing was purged.");
      return EXIT_CODES.usage.code;
    }
    return tellNodes(context, { kind: "purge", order }, "Purged");
  },
});

function checked(order: Readonly<Record<string, unknown>>): PurgeCommand {
  try {
    parsePurgeOrder(order);
    return order as PurgeCommand;
  } catch (error) {
    if (error instanceof PurgeOrderError) throw new UsageError(`--${error.message}`);
    throw error;
  }
}
