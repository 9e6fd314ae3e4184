import { setTimeout as delay } from "node:timers/promises";
import { type PurgeCommand, PurgeOrderError, parsePurgeOrder } from "@edge-fleet/runner/agent/cache/purgeOrder";
import { appendControl } from "@edge-fleet/runner/release/controlLog";
import { defineCommand, flag, value } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_CODES, UsageError } from "../errors.ts";
import { text } from "../parsers.ts";
import { deployer } from "../release/deployer.ts";

const PURGED_WITHIN_MS = 15_000;
const LOOK_MS = 100;

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
    const store = await context.openStore();
    const { deployed, signer } = await deployer(context, { reason: "edge purge" });
    const { n } = await appendControl(store, { kind: "purge", order }, { by: deployed.by, signer: signer ?? null });
    const nodes = await untilDone(context, n);
    const done = nodes.filter(({ isDone }) => isDone);
    const missing = nodes.filter(({ isDone }) => !isDone).map(({ node }) => node);
    context.out.show({ control: n, nodes }, () =>
      missing.length === 0
        ? `Purged on ${done.length} nodes.`
        : `Purged on ${done.length} of ${nodes.length} nodes; no answer yet from ${missing.join(", ")}.`,
    );
    return missing.length === 0 ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
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

interface NodePurge {
  readonly node: string;
  readonly region: string;
  readonly isDone: boolean;
}

async function untilDone({ nodes, signal }: Context, n: number): Promise<readonly NodePurge[]> {
  const deadlineMs = performance.now() + PURGED_WITHIN_MS;
  for (;;) {
    const found = (await nodes()).map(({ node, region, control }) => ({ node, region, isDone: control >= n }));
    if (found.every(({ isDone }) => isDone) || performance.now() >= deadlineMs) return found;
    await delay(LOOK_MS, undefined, { signal });
  }
}
