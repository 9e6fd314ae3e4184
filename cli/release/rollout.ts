import { setTimeout as delay } from "node:timers/promises";
import { type NodeOutcome, waitForAcks } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Context } from "../context.ts";
import type { StepState } from "../progress.ts";

const LOOK_MS = 100;

export interface NodeRollout extends NodeOutcome {
  readonly node: string;
  readonly region: string;
}

/**
 * Shows by region how far a generation is, until each node has taken or refused it, or the time is over. Nodes are those that ever told
 * the store of themselves.
 */
export async function watchRollout(
  { progress, nodes, signal }: Context,
  store: ReleaseStore,
  { generation, timeoutMs }: { readonly generation: number; readonly timeoutMs: number },
): Promise<readonly NodeRollout[]> {
  const places = await nodes();
  const names = places.map(({ node }) => node);
  const regions = [...new Set(places.map(({ region }) => region))];
  const shown = progress(regions);
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const outcomes = await waitForAcks(store, { generation, nodes: names, timeoutMs: 0 });
    const found = places.map(({ node, region }): NodeRollout => ({ node, region, ...outcomeOf(outcomes, node) }));
    for (const region of regions) {
      const step = stepOf(found.filter((entry) => entry.region === region));
      shown.set(region, step.state, step.text);
    }
    if (found.every(({ status }) => status !== "silent") || performance.now() >= deadlineMs) return found;
    await delay(LOOK_MS, undefined, { signal });
  }
}

function outcomeOf(outcomes: ReadonlyMap<string, NodeOutcome>, node: string): NodeOutcome {
  return outcomes.get(node) ?? { status: "silent" };
}

/** How far a region is, by its nodes. */
export function stepOf(nodes: readonly NodeRollout[]): { readonly state: StepState; readonly text: string } {
  const refused = nodes.filter(({ status }) => status === "refused");
  const active = nodes.filter(({ status }) => status === "active").length;
  const count = `${active} of ${nodes.length} nodes`;
  if (refused.length > 0) {
    const reasons = new Set(refused.map(({ reason }) => `${reason}`));
    return {
      state: "failed",
      text: `refused by ${refused.map(({ node }) => node).join(", ")}: ${[...reasons].join("; ")}`,
    };
  }
  return { state: active === nodes.length ? "done" : "waiting", text: count };
}
