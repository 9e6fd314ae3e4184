import { waitForAcks } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";

/** A node takes a release in well under a second; starting beside others on a busy machine, in some. */
const ACK_TIMEOUT_MS = 15_000;
/** Every function is started once; a function is about 1 KB of the table. */
const ACK_MS_PER_KB = 15;

/** What a node says whose code is older than the release's layout. */
const OUTDATED = /; update this node's runner or deploy again$/;

/**
 * Waits until these nodes have taken the release that is current. Throws with each reason when one refuses or is silent.
 * With `exceptOutdated`, nodes that cannot read its layout are left to the restart with newer code that they wait for.
 */
export async function untilReleaseTaken(
  store: ReleaseStore,
  nodes: readonly string[],
  { exceptOutdated = false }: { readonly exceptOutdated?: boolean } = {},
): Promise<void> {
  const found = await store.readCurrent();
  if (found === null) return;
  const { generation, release } = found.current;
  const kilobytes = (await store.readRelease(release)).length / 1_024;
  const timeoutMs = ACK_TIMEOUT_MS + Math.round(kilobytes * ACK_MS_PER_KB);
  const outcomes = await waitForAcks(store, { generation, nodes, timeoutMs });
  const nodesByReason = new Map<string, string[]>();
  for (const [node, { status, reason }] of outcomes) {
    if (status === "active" || (exceptOutdated && OUTDATED.test(reason ?? ""))) continue;
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
