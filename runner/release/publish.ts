import { setTimeout as delay } from "node:timers/promises";
import { readTable } from "./base.ts";
import { type Changed, changeRelease, type Deployer } from "./changeRelease.ts";
import { restoreTable } from "./declaration.ts";
import type { ReleaseStore } from "./store.ts";

/**
 * Goes back to what an earlier release had, in a release of its own that says who went back.
 *
 * @throws ReleaseError when that release or one of its modules is missing or damaged; then nothing is changed.
 */
export async function rollbackTo(store: ReleaseStore, release: number, deployer: Deployer): Promise<Changed> {
  const { functions } = await readTable(store, release, deployer.keys ?? []);
  return changeRelease(store, restoreTable(functions, deployer.deployed), deployer);
}

export interface NodeOutcome {
  /** `silent`: no word within the time; the node may be down, and takes the release when it is back. */
  readonly status: "active" | "refused" | "silent";
  readonly reason?: string;
}

/** Waits until every node has taken or refused `generation`, at most `timeoutMs`. */
export async function waitForAcks(
  store: ReleaseStore,
  wanted: {
    readonly generation: number;
    readonly nodes: readonly string[];
    readonly timeoutMs: number;
    readonly pollMs?: number;
  },
): Promise<ReadonlyMap<string, NodeOutcome>> {
  const deadline = performance.now() + wanted.timeoutMs;
  for (;;) {
    const acks = await store.readAcks();
    const outcomes = new Map<string, NodeOutcome>();
    for (const node of wanted.nodes) {
      const ack = acks.get(node);
      if ((ack?.generation ?? 0) >= wanted.generation) outcomes.set(node, { status: "active" });
      else if (ack?.refused && ack.refused.generation >= wanted.generation) {
        outcomes.set(node, { status: "refused", reason: ack.refused.reason });
      } else outcomes.set(node, { status: "silent" });
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0 || ![...outcomes.values()].some(({ status }) => status === "silent")) return outcomes;
    await delay(Math.min(wanted.pollMs ?? 50, leftMs));
  }
}
