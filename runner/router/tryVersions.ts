import { inParallel } from "../inParallel.ts";
import type { StartOutcome } from "../protocol/messages.ts";
import type { Trial } from "./slotLoads.ts";

/** Versions that start side by side in the worker that tries them. */
const AT_ONCE = 4;
/** Processes that one version may take down before that is its own fault. */
const LOSSES_MAX = 2;

/** Whether each version can start. */
export type Outcomes<Version> = ReadonlyMap<Version, StartOutcome>;

/** @returns undefined when there is no worker to try it in. */
type Start<Version> = (version: Version) => Promise<Trial | undefined>;

/**
 * Starts versions to see whether they can. When the process dies under several, each of them is started again alone.
 *
 * @returns undefined when there was no worker to try them in: no verdict on any.
 */
export async function tryVersions<Version>(
  versions: readonly Version[],
  start: Start<Version>,
): Promise<Outcomes<Version> | undefined> {
  const outcomes = new Map<Version, StartOutcome>();
  const lost: Version[] = [];
  let isWorkerMissing = false;
  await inParallel(versions, AT_ONCE, async (version) => {
    const trial = isWorkerMissing ? undefined : await start(version);
    if (trial === undefined) isWorkerMissing = true;
    else if (trial === "lost") lost.push(version);
    else outcomes.set(version, trial);
  });
  for (const version of isWorkerMissing ? [] : lost) {
    const trial = await startAlone(version, start);
    if (trial === undefined) return undefined;
    outcomes.set(version, trial);
  }
  return isWorkerMissing ? undefined : outcomes;
}

async function startAlone<Version>(version: Version, start: Start<Version>): Promise<StartOutcome | undefined> {
  for (let losses = 0; losses < LOSSES_MAX; losses++) {
    const trial = await start(version);
    if (trial !== "lost") return trial;
  }
  return { ok: false, reason: "it took its process down while it started" };
}
