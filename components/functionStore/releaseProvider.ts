import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { readBase } from "@edge-fleet/runner/release/base";
import { canonicalJson } from "@edge-fleet/runner/release/canonicalJson";
import { changeRelease, type Deployer } from "@edge-fleet/runner/release/changeRelease";
import { type Drift, declare, driftError, driftOf } from "@edge-fleet/runner/release/declaration";
import { rollbackTo } from "@edge-fleet/runner/release/publish";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Current, FunctionManifest, ReleasedFunction } from "@edge-fleet/runner/release/types";
import type { CloudStore } from "../aws/store/cloudPlace.ts";
import { readManifests } from "../functions/manifestFiles.ts";
import { gitCommit } from "../gitCommit.ts";
import type { OwnProvider } from "../ownResource.ts";
import { type ReleasePlace, releasePlace } from "./releasePlace.ts";
import { untilReleaseTaken } from "./releaseTaken.ts";

export interface ReleaseInputs {
  /** Folder with the built manifests and modules, relative to the project. */
  readonly buildDir: string;
  /** Version by function. */
  readonly functions: Readonly<Record<string, string>>;
  readonly drift: Drift;
  /** Default: the fleet is on this machine. */
  readonly cloud?: CloudStore;
}

export interface ReleaseOutputs extends ReleaseInputs {
  readonly release: number;
  readonly generation: number;
}

/** The functions of the stack as a release in the fleet's store; waits until the running nodes have taken it. */
export const releaseProvider: OwnProvider<ReleaseInputs, ReleaseOutputs> = {
  async check(olds, news) {
    const place = releasePlace(news.cloud);
    const secrets = await place.missingSecrets(manifestsOf(news));
    const drifted = news.drift === "refuse" && olds !== null ? await drift(place, news, olds.functions) : [];
    return drifted.length === 0 ? secrets : [...secrets, driftError(drifted).message];
  },
  async create(inputs) {
    const place = releasePlace(inputs.cloud);
    return { id: "functions", outs: await publish({ place, store: await place.make(), inputs, last: {} }) };
  },
  async read(_id, outs) {
    const found = (await (await releasePlace(outs.cloud).open())?.readCurrent()) ?? null;
    return found === null ? null : { ...outs, release: found.current.release, generation: found.current.generation };
  },
  async changed(olds, news) {
    if (canonicalJson(olds.functions) !== canonicalJson(news.functions)) return true;
    if (olds.cloud?.address !== news.cloud?.address) return true;
    const place = releasePlace(news.cloud);
    if (!(await isSettled(place))) return true;
    return news.drift === "reassert" && (await drift(place, news, olds.functions)).length > 0;
  },
  async update(_id, olds, news) {
    const place = releasePlace(news.cloud);
    return publish({ place, store: await place.make(), inputs: news, last: olds.functions });
  },
  async delete() {
    // Releases are history that a new fleet goes on from; a folder is the user's to remove, a bucket is a resource of its own.
  },
};

interface Publishing {
  readonly place: ReleasePlace;
  readonly store: ReleaseStore;
  readonly inputs: ReleaseInputs;
  /** Version by function as the program declared it last. */
  readonly last: Readonly<Record<string, string>>;
}

async function publish({ place, store, inputs, last }: Publishing): Promise<ReleaseOutputs> {
  const manifests = manifestsOf(inputs);
  const before = (await store.readCurrent())?.current ?? null;
  const who = await deployer(place, inputs);
  const change = declare({ manifests, last, drift: inputs.drift }, who.deployed);
  const { current } = await changeRelease(store, change, who);
  await untilTaken({ place, store }, { current, before, who });
  return { ...inputs, release: current.release, generation: current.generation };
}

/** Whether there is a release, and one that nodes take: where not, an `up` writes it though it declares what it did. */
async function isSettled(place: ReleasePlace): Promise<boolean> {
  const current = (await (await place.open())?.readCurrent())?.current;
  return current !== undefined && place.isSigned(current);
}

/** What commands have changed of what the program declares as before. */
async function drift(
  place: ReleasePlace,
  { functions }: ReleaseInputs,
  last: Readonly<Record<string, string>>,
): Promise<readonly ReleasedFunction[]> {
  const store = await place.open();
  if (store === null) return [];
  const base = await readBase(store, place.trusted());
  const manifests = Object.entries(functions).map(([name, version]) => ({ name, version }));
  return driftOf(base.functions, { manifests, last });
}

function manifestsOf({ buildDir, functions }: ReleaseInputs): FunctionManifest[] {
  return readManifests(path.join(process.cwd(), buildDir), functions);
}

async function deployer(place: ReleasePlace, { buildDir }: ReleaseInputs): Promise<Deployer> {
  const modules = path.join(process.cwd(), buildDir, "modules");
  return {
    ...(await place.signing()),
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
  { place, store }: Pick<Publishing, "place" | "store">,
  { current, before, who }: { readonly current: Current; readonly before: Current | null; readonly who: Deployer },
): Promise<void> {
  try {
    const running = await place.running([...(await store.readAcks()).values()]);
    // The same `up` restarts or replaces nodes that run older code, and waits for them then.
    await untilReleaseTaken(store, running, { ...place.patience, exceptOutdated: true });
  } catch (error) {
    const found = await store.readCurrent();
    const ours = found?.current.generation === current.generation;
    if (before === null || before.release === current.release || !ours) throw error;
    const deployed = { ...who.deployed, reason: `release ${current.release} was refused` };
    const back = await rollbackTo(store, before.release, { ...who, deployed });
    const what = `What was served before is current again, as release ${back.current.release}.`;
    throw new Error(`${(error as Error).message}\n${what}`, { cause: error });
  }
}
