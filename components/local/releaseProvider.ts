import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readBase } from "@edge-fleet/runner/release/base";
import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { changeRelease, type Deployer } from "@edge-fleet/runner/release/changeRelease";
import { type Drift, declare, driftError, driftOf } from "@edge-fleet/runner/release/declaration";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { rollbackTo } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Current, FunctionManifest, ReleasedFunction } from "@edge-fleet/runner/release/types";
import { readManifests } from "../functions/manifestFiles.ts";
import { gitCommit } from "../gitCommit.ts";
import type { OwnProvider } from "../ownResource.ts";
import { managerStatus } from "./manager/client.ts";
import { readReleaseKey, releaseKey } from "./releaseKey.ts";
import { untilReleaseTaken } from "./releaseTaken.ts";
import { missingSecrets } from "./secretProblem.ts";
import { nodeDir, stateDir, statePaths } from "./stateDir.ts";

export interface ReleaseInputs {
  /** Folder with the built manifests and modules, relative to the project. */
  readonly buildDir: string;
  /** Version by function. */
  readonly functions: Readonly<Record<string, string>>;
  readonly drift: Drift;
}

export interface ReleaseOutputs extends ReleaseInputs {
  readonly release: number;
  readonly generation: number;
}

/** The functions of the stack as a release in the folder store; waits until the running nodes have taken it. */
export const releaseProvider: OwnProvider<ReleaseInputs, ReleaseOutputs> = {
  async check(olds, news) {
    const secrets = await missingSecrets(stateDir(process.cwd()), manifestsOf(news));
    const drifted = news.drift === "refuse" ? await drift(news, olds?.functions ?? {}) : [];
    return drifted.length === 0 ? secrets : [...secrets, driftError(drifted).message];
  },
  async create(inputs) {
    // A store that is not there is a fault, so that a mistaken path is no empty fleet; only here it is made.
    fs.mkdirSync(statePaths(stateDir(process.cwd())).store, { recursive: true, mode: 0o700 });
    return { id: "functions", outs: await publish(inputs, {}) };
  },
  async read(_id, outs) {
    const found = await store().readCurrent();
    return found === null ? null : { ...outs, release: found.current.release, generation: found.current.generation };
  },
  async changed(olds, news) {
    if (canonicalJson(olds.functions) !== canonicalJson(news.functions)) return true;
    if (!(await isSettled())) return true;
    return news.drift === "reassert" && (await drift(news, olds.functions)).length > 0;
  },
  update: (_id, olds, news) => publish(news, olds.functions),
  async delete() {
    // Releases are history that a new fleet in this folder goes on from; the folder itself is the user's to remove.
  },
};

async function publish(inputs: ReleaseInputs, last: Readonly<Record<string, string>>): Promise<ReleaseOutputs> {
  const releases = store();
  const manifests = manifestsOf(inputs);
  const before = (await releases.readCurrent())?.current ?? null;
  const who = await deployer(inputs);
  const change = declare({ manifests, last, drift: inputs.drift }, who.deployed);
  const { current } = await changeRelease(releases, change, who);
  await untilTaken(releases, { current, before, who });
  return { ...inputs, release: current.release, generation: current.generation };
}

/** Whether there is a release, and one that nodes take: where not, an `up` writes it though it declares what it did. */
async function isSettled(): Promise<boolean> {
  const root = stateDir(process.cwd());
  if (!fs.existsSync(statePaths(root).store) || readReleaseKey(root) === null) return false;
  return ((await store().readCurrent())?.current.signature ?? null) !== null;
}

/** What commands have changed of what the program declares as before. */
async function drift(
  { functions }: ReleaseInputs,
  last: Readonly<Record<string, string>>,
): Promise<readonly ReleasedFunction[]> {
  if (!fs.existsSync(statePaths(stateDir(process.cwd())).store)) return [];
  const base = await readBase(store(), readReleaseKey(stateDir(process.cwd()))?.keys ?? []);
  const manifests = Object.entries(functions).map(([name, version]) => ({ name, version }));
  return driftOf(base.functions, { manifests, last });
}

function manifestsOf({ buildDir, functions }: ReleaseInputs): FunctionManifest[] {
  return readManifests(path.join(process.cwd(), buildDir), functions);
}

async function deployer({ buildDir }: ReleaseInputs): Promise<Deployer> {
  const modules = path.join(process.cwd(), buildDir, "modules");
  return {
    ...releaseKey(stateDir(process.cwd())),
    deployed: {
      by: os.userInfo().username,
      at: new Date().toISOString(),
      reason: "pulumi up",
      commit: await gitCommit(process.cwd()),
    },
    modules(sha256) {
      const file = path.join(modules, sha256);
      return fs.existsSync(file) ? fs.readFileSync(file) : null;
    },
  };
}

/** Nodes that refuse keep what they serve; the pointer goes back, so that new nodes get what the others have. */
async function untilTaken(
  releases: ReleaseStore,
  { current, before, who }: { readonly current: Current; readonly before: Current | null; readonly who: Deployer },
): Promise<void> {
  try {
    // The same `up` restarts nodes that run older code, and waits for them then.
    await untilReleaseTaken(releases, await runningNodes(releases), { exceptOutdated: true });
  } catch (error) {
    const found = await releases.readCurrent();
    const ours = found?.current.generation === current.generation;
    if (before === null || before.release === current.release || !ours) throw error;
    const deployed = { ...who.deployed, reason: `release ${current.release} was refused` };
    const back = await rollbackTo(releases, before.release, { ...who, deployed });
    const what = `What was served before is current again, as release ${back.current.release}.`;
    throw new Error(`${(error as Error).message}\n${what}`, { cause: error });
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
