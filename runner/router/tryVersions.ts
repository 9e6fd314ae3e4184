import { inParallel } from "../inParallel.ts";
import type { StartOutcome } from "../protocol/messages.ts";
import type { Deployment } from "./deployment.ts";
import type { Trial } from "./slotLoads.ts";

/** Versions that start side by side in the worker that tries them. */
const AT_ONCE = 4;
/** Processes that one version may take down before that is its own fault. */
const LOSSES_MAX = 2;

/** Whether each version can start. */
export type Outcomes = ReadonlyMap<Deployment, StartOutcome>;

/** @returns undefined when there is no worker to try it in. */
type Start = (deployment: Deployment) => Promise<Trial | undefined>;

/**
 * Starts versions to see whether they can. When the process dies under several, each of them is started again alone.
 *
 * @returns undefined when there was no worker to try them in: no verdict on any.
 */
export async function tryVersions(deployments: readonly Deployment[], start: Start): Promise<Outcomes | undefined> {
  const outcomes = new Map<Deployment, StartOutcome>();
  const lost: Deployment[] = [];
  let isWorkerMissing = false;
  await inParallel(deployments, AT_ONCE, async (deployment) => {
    const trial = isWorkerMissing ? undefined : await start(deployment);
    if (trial === undefined) isWorkerMissing = true;
    else if (trial === "lost") lost.push(deployment);
    else outcomes.set(deployment, trial);
  });
  for (const deployment of isWorkerMissing ? [] : lost) {
    const trial = await startAlone(deployment, start);
    if (trial === undefined) return undefined;
    outcomes.set(deployment, trial);
  }
  return isWorkerMissing ? undefined : outcomes;
}

async function startAlone(deployment: Deployment, start: Start): Promise<StartOutcome | undefined> {
  for (let losses = 0; losses < LOSSES_MAX; losses++) {
    const trial = await start(deployment);
    if (trial !== "lost") return trial;
  }
  return { ok: false, reason: "it took its process down while it started" };
}
