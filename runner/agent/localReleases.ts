import { chmod, link, mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "../release/canonicalJson.ts";
import { asReleaseError, readBounded, syncFolder, UNFINISHED, writeWhole } from "../release/files.ts";
import {
  parseJson,
  RELEASE_BYTES_MAX,
  readRelease,
  releaseContents,
  validateCurrent,
  verifyModule,
} from "../release/manifest.ts";
import { record } from "../release/shape.ts";
import type { ReleaseStore } from "../release/store.ts";
import { type ContentRef, CURRENT_SCHEMA, type Current, type Release } from "../release/types.ts";

/** Releases kept for going back without the store. */
const KEPT_RELEASES = 10;
/** Modules fetched side by side. */
const FETCHES_AT_ONCE = 8;
const ACTIVE_BYTES_MAX = 4096;

/**
 * A node's own releases: `<folder>/<n>/release.json` and `<folder>/<n>/modules/<sha256>`, read-only, each folder whole
 * from the moment it has its name; `<folder>/active` says which one the runner boots from.
 */
export class LocalReleases {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder, and removes what an agent that died left unfinished in it. */
  async open(): Promise<void> {
    await this.#guarded(async () => {
      await mkdir(this.#folder, { recursive: true });
      for (const name of await readdir(this.#folder)) {
        if (name.startsWith(UNFINISHED)) await removeReadOnly(join(this.#folder, name));
      }
    });
  }

  /**
   * The pointer that the runner accepted last; null before the first.
   *
   * @throws ReleaseError when `active` is damaged.
   */
  async readActive(): Promise<Current | null> {
    const path = join(this.#folder, "active");
    const bytes = await readBounded(path, ACTIVE_BYTES_MAX);
    if (bytes === null) return null;
    const { generation, release, sha256 } = record(
      parseJson(bytes, path),
      ["generation", "release", "sha256"],
      "active",
    );
    return validateCurrent({ schema: CURRENT_SCHEMA, generation, release, sha256, signature: null });
  }

  async writeActive({ generation, release, sha256 }: Current): Promise<void> {
    await writeWhole(join(this.#folder, "active"), Buffer.from(canonicalJson({ generation, release, sha256 })));
  }

  /** The release when every file of it is here, with the content that its hash says; else null. */
  readWhole(current: Current): Promise<Release | null> {
    return this.#readWhole(current);
  }

  /**
   * Brings the release that `current` names here, every hash checked. What is here and whole is not fetched again.
   *
   * @param previous the release that most modules are shared with; the runner serves it meanwhile.
   * @throws ReleaseError when the store's copy is missing, damaged, too large or away, or the disk is full; then
   *   nothing is changed.
   */
  async install(current: Current, store: ReleaseStore, previous: Current | null): Promise<Release> {
    const here = await this.#readWhole(current);
    if (here !== null) return here;
    const table = await store.readRelease(current.release, current.sha256);
    const release = readRelease(current, table);
    await this.#guarded(async () => {
      const unfinished = await mkdtemp(join(this.#folder, `${UNFINISHED}${current.release}-`));
      try {
        await writeWhole(join(unfinished, "release.json"), table, 0o444);
        await this.#bringModules(release, join(unfinished, "modules"), store, previous);
        await chmod(unfinished, 0o555);
        await this.#putInPlace(unfinished, String(current.release));
      } finally {
        await removeReadOnly(unfinished);
      }
    });
    return release;
  }

  /** Removes all but the newest releases and the active one. */
  async removeOld(active: Current): Promise<void> {
    await this.#guarded(async () => {
      const old = (await this.#numbers()).slice(KEPT_RELEASES);
      for (const number of old) if (number !== active.release) await this.#remove(String(number));
    });
  }

  async #readWhole(current: Current): Promise<Release | null> {
    try {
      const table = await readBounded(this.#path(current.release, "release.json"), RELEASE_BYTES_MAX);
      if (table === null) return null;
      const release = readRelease(current, table);
      for (const ref of releaseContents(release.functions)) {
        const bytes = await readBounded(this.#path(current.release, "modules", ref.sha256), Math.max(ref.bytes, 1));
        if (bytes === null) return null;
        verifyModule(ref, bytes);
      }
      return release;
    } catch {
      return null;
    }
  }

  async #bringModules(release: Release, folder: string, store: ReleaseStore, previous: Current | null): Promise<void> {
    await mkdir(folder);
    const numbers = (await this.#numbers()).filter((number) => number !== previous?.release);
    const others = [...(previous === null ? [] : [previous.release]), ...numbers];
    const waiting = releaseContents(release.functions);
    const bring = async () => {
      for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
        const target = join(folder, ref.sha256);
        if (await this.#share(ref, others, target)) continue;
        const bytes = await store.readModule(ref);
        verifyModule(ref, bytes);
        await writeWhole(target, bytes, 0o444);
      }
    };
    // All of them have stopped before the folder is used or removed, also when one fails.
    const results = await Promise.allSettled(Array.from({ length: FETCHES_AT_ONCE }, bring));
    for (const result of results) if (result.status === "rejected") throw result.reason;
    await chmod(folder, 0o555);
    await syncFolder(folder);
  }

  /** What an older release has here takes no room again, and needs no store: so a node with neither can go back. */
  async #share(ref: ContentRef, releases: readonly number[], target: string): Promise<boolean> {
    for (const release of releases) {
      if (await shareModule(ref, this.#path(release, "modules", ref.sha256), target)) return true;
    }
    return false;
  }

  /** Numbers of the releases that are here, newest first. */
  async #numbers(): Promise<number[]> {
    const names = (await readdir(this.#folder)).filter((name) => /^[1-9]\d*$/.test(name));
    return names.map(Number).toSorted((a, b) => b - a);
  }

  async #putInPlace(unfinished: string, name: string): Promise<void> {
    await this.#remove(name);
    await rename(unfinished, join(this.#folder, name));
    await syncFolder(this.#folder);
  }

  /** Out of the way in one step first, so that a folder with a release's name is never half there. */
  async #remove(name: string): Promise<void> {
    const aside = join(await mkdtemp(join(this.#folder, `${UNFINISHED}old-`)), name);
    try {
      await chmod(join(this.#folder, name), 0o755);
      await rename(join(this.#folder, name), aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    } finally {
      await removeReadOnly(join(aside, ".."), name);
    }
  }

  #path(release: number, ...names: string[]): string {
    return join(this.#folder, String(release), ...names);
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (cause) {
      throw asReleaseError(cause, this.#folder);
    }
  }
}

async function shareModule(ref: ContentRef, source: string, target: string): Promise<boolean> {
  try {
    const bytes = await readBounded(source, Math.max(ref.bytes, 1));
    if (bytes === null) return false;
    verifyModule(ref, bytes);
    await link(source, target);
    return true;
  } catch {
    return false;
  }
}

/** Removes a folder whose sub-folders are read-only; without their write bit only root could. */
async function removeReadOnly(path: string, ...within: string[]): Promise<void> {
  for (const folder of [path, join(path, ...within), join(path, ...within, "modules")]) {
    await chmod(folder, 0o755).catch(() => {});
  }
  await rm(path, { recursive: true, force: true });
}
