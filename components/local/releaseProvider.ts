import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { ReleaseError } from "@edge-fleet/runner/release/errors";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { readRelease } from "@edge-fleet/runner/release/manifest";
import { publishRelease, rollbackTo } from "@edge-fleet/runner/release/publish";
import { stableManifests } from "@edge-fleet/runner/release/releasedFunction";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Current, FunctionManifest } from "@edge-fleet/runner/release/types";
import { readSecret, readSecrets } from "@edge-fleet/runner/secretFiles";
import type { OwnProvider } from "../ownResource.ts";
import { managerStatus } from "./manager/client.ts";
import { untilReleaseTaken } from "./releaseTaken.ts";
import { nodeDir, stateDir, statePaths } from "./stateDir.ts";

export interface ReleaseInputs {
  /** Folder with the built modules, relative to the project. */
  readonly buildDir: string;
  /** Manifest by function. */
  readonly functions: Readonly<Record<string, Omit<FunctionManifest, "name">>>;
}

export interface ReleaseOutputs extends ReleaseInputs {
  readonly release: number;
  readonly generation: number;
}

/** The functions of the stack as a release in the folder store; waits until the running nodes have taken it. */
export const releaseProvider: OwnProvider<ReleaseInputs, ReleaseOutputs> = {
  check: (_olds, news) => missingSecrets(statePaths(stateDir(process.cwd())).secrets, news.functions),
  async create(inputs) {
    // A store that is not there is a fault, so that a mistaken path is no empty fleet; only here it is made.
    fs.mkdirSync(statePaths(stateDir(process.cwd())).store, { recursive: true, mode: 0o700 });
    return { id: "functions", outs: await publish(inputs) };
  },
  async read(_id, outs) {
    const found = await store().readCurrent();
    return found === null ? null : { ...outs, release: found.current.release, generation: found.current.generation };
  },
  changed: (olds, news) => canonicalJson(olds.functions) !== canonicalJson(news.functions),
  update: (_id, _olds, news) => publish(news),
  async delete() {
    // Releases are history that a new fleet in this folder goes on from; the folder itself is the user's to remove.
  },
};

/** What would make every node refuse the release. */
async function missingSecrets(folder: string, functions: ReleaseInputs["functions"]): Promise<string[]> {
  const checks = Object.entries(functions).map(async ([name, { secrets, policies }]) => {
    try {
      await readSecrets(folder, { name, secrets });
      for (const secret of policies?.signedUrls?.secrets ?? []) {
        await readSecret(folder, secret, { owner: name, what: `policies.signedUrls of ${name}` });
      }
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
  return (await Promise.all(checks)).flat();
}

async function publish(inputs: ReleaseInputs): Promise<ReleaseOutputs> {
  const releases = store();
  const functions = Object.entries(inputs.functions)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, manifest]) => ({ name, ...manifest }));
  const before = (await releases.readCurrent())?.current ?? null;
  const current = (await isCurrent(releases, before, functions)) ?? (await publishNew(releases, functions, inputs));
  await untilTaken(releases, current, before);
  return { ...inputs, release: current.release, generation: current.generation };
}

/** The pointer, when what it points at is what is declared: then there is nothing to write. */
async function isCurrent(
  releases: ReleaseStore,
  current: Current | null,
  functions: readonly FunctionManifest[],
): Promise<Current | null> {
  if (current === null) return null;
  try {
    const release = readRelease(current, await releases.readRelease(current.release));
    return canonicalJson(stableManifests(release.functions)) === canonicalJson(functions) ? current : null;
  } catch (error) {
    // A damaged release is repaired by a new one.
    if (error instanceof ReleaseError) return null;
    throw error;
  }
}

async function publishNew(
  releases: ReleaseStore,
  functions: readonly FunctionManifest[],
  { buildDir }: ReleaseInputs,
): Promise<Current> {
  const { current } = await publishRelease(releases, {
    functions,
    modules: (sha256) => fs.readFileSync(path.join(process.cwd(), buildDir, "modules", sha256)),
    createdBy: os.userInfo().username,
    reason: "pulumi up",
  });
  return current;
}

/** Nodes that refuse keep what they serve; the pointer goes back, so that new nodes get what the others have. */
async function untilTaken(releases: ReleaseStore, current: Current, before: Current | null): Promise<void> {
  try {
    // The same `up` restarts nodes that run older code, and waits for them then.
    await untilReleaseTaken(releases, await runningNodes(releases), { exceptOutdated: true });
  } catch (error) {
    const found = await releases.readCurrent();
    const ours = found?.current.generation === current.generation;
    if (before === null || before.release === current.release || !ours) throw error;
    await rollbackTo(releases, before.release);
    throw new Error(`${(error as Error).message}\nRelease ${before.release} is current again.`, { cause: error });
  }
}

async function runningNodes(releases: ReleaseStore): Promise<string[]> {
  const known = [...(await releases.readAcks()).keys()];
  const running = await Promise.all(known.map((node) => managerStatus(nodeDir(stateDir(process.cwd()), node))));
  return known.filter((_, index) => running[index] !== null);
}

function store(): ReleaseStore {
  return new FolderStore(statePaths(stateDir(process.cwd())).store);
}
