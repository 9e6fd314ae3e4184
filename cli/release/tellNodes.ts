import { setTimeout as delay } from "node:timers/promises";
import { appendControl, type ControlCommand } from "@edge-fleet/runner/release/controlLog";
import type { Context } from "../context.ts";
import { EXIT_CODES } from "../errors.ts";
import { deployer } from "./deployer.ts";

const DONE_WITHIN_MS = 15_000;
const LOOK_MS = 100;

interface NodeDone {
  readonly node: string;
  readonly region: string;
  readonly isDone: boolean;
}

/**
 * Tells all nodes to do something, by the store's control log, and waits until they have.
 *
 * @param what what they have done then, for people: `Purged`.
 * @returns the exit code: failed when a node has not done it in time
 */
export async function tellNodes(context: Context, command: ControlCommand, what: string): Promise<number> {
  const store = await context.openStore();
  const { deployed, signer } = await deployer(context, { reason: "" });
  const { n } = await appendControl(store, command, { by: deployed.by, signer: signer ?? null });
  const nodes = await untilDone(context, n);
  const missing = nodes.filter(({ isDone }) => !isDone).map(({ node }) => node);
  context.out.show({ control: n, nodes }, () => {
    if (nodes.length === 0) return "Written. No node has told the store of itself yet.";
    const count = `${nodes.length - missing.length} of ${nodes.length} nodes`;
    return missing.length === 0
      ? `${what} on ${count}.`
      : `${what} on ${count}; no answer yet from ${missing.join(", ")}.`;
  });
  return missing.length === 0 ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
}

async function untilDone({ nodes, signal }: Context, n: number): Promise<readonly NodeDone[]> {
  const deadlineMs = performance.now() + DONE_WITHIN_MS;
  for (;;) {
    const found = (await nodes()).map(({ node, region, control }) => ({ node, region, isDone: control >= n }));
    if (found.every(({ isDone }) => isDone) || performance.now() >= deadlineMs) return found;
    await delay(LOOK_MS, undefined, { signal });
  }
}
