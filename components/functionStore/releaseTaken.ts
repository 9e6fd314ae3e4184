import { setTimeout as delay } from "node:timers/promises";
import { type NodeOutcome, waitForAcks } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Patience } from "./releasePlace.ts";

/** Every function is started once; a function is about 1 KB of the table. */
const ACK_MS_PER_KB = 15;

/** What a node says whose code is older than the release's layout. */
const OUTDATED = /; update this node's runner or deploy again$/;

/**
 * Waits until these nodes have taken the release that is current. Throws with each reason when one refuses or is silent.
 * What a node with older code said of a newer layout is no answer: it is waited for, or, with `exceptOutdated`, left to the
 * restart with newer code that is still to come.
 */
export async function untilReleaseTaken(
  store: ReleaseStore,
  nodes: readonly string[],
  { timeoutMs: baseMs, pollMs, exceptOutdated = false }: Patience & { readonly exceptOutdated?: boolean },
): Promise<void> {
  const found = await store.readCurrent();
  if (found === null) return;
  const { generation, release } = found.current;
  const kilobytes = (await store.readRelease(release)).length / 1_024;
  const timeoutMs = baseMs + Math.round(kilobytes * ACK_MS_PER_KB);
  const deadlineMs = performance.now() + timeoutMs;
  const isOutdated = ({ reason }: NodeOutcome) => OUTDATED.test(reason ?? "");
  let outcomes = await waitForAcks(store, { generation, nodes, timeoutMs, pollMs });
  while (!exceptOutdated && [...outcomes.values()].some(isOutdated) && performance.now() < deadlineMs) {
    await delay(pollMs);
    outcomes = await waitForAcks(store, { generation, nodes, timeoutMs: deadlineMs - performance.now(), pollMs });
  }
  const nodesByReason = new Map<string, string[]>();
  for (const [node, outcome] of outcomes) {
    const { status, reason } = outcome;
    if (status === "active" || (exceptOutdated && isOutdated(outcome))) continue;
    const why =
      status === "refused"
        ? String(reason)
        : `no answer within ${Math.round(timeoutMs / 1_000)} s; see the agent's log`;
    nodesByReason.set(why, [...(nodesByReason.get(why) ?? []), node]);
  }
  if (nodesByReason.size === 0) return;
  const reasons = [...nodesByReason].map(([why, those]) => `  ${those.join(", ")}: ${why}`).join("\n");
  throw new Error(`release ${release} was not taken.\n${reasons}`);
}
