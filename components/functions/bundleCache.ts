import { mkdirSync, readFileSync, type Stats, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import type { ModuleRef } from "@edge-fleet/runner/release/types";
import { BUNDLER_ID } from "./bundle.ts";

/** Files that decide which file an import means. */
const RESOLUTION_FILES = ["package.json", "package-lock.json", "tsconfig.json", "node_modules/.package-lock.json"];

interface CacheEntry {
  readonly bundler: string;
  /** Fingerprint by path, relative to the project. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly modules: readonly ModuleRef[];
}

/**
 * Remembers which modules a function's sources gave, so that an unchanged function costs only looking at its files.
 * It is an aid: whatever is missing or unreadable counts as not cached.
 */
export class BundleCache {
  readonly #projectDir: string;
  readonly #folder: string;
  readonly #madeAtMs = Date.now();
  readonly #fingerprints = new Map<string, string>();

  constructor(projectDir: string, folder: string) {
    this.#projectDir = projectDir;
    this.#folder = folder;
  }

  /** The modules of `name`, when none of its inputs has changed since {@link put}. */
  get(name: string): readonly ModuleRef[] | null {
    try {
      const entry = JSON.parse(readFileSync(this.#path(name), "utf8")) as CacheEntry;
      const isSame = ([path, fingerprint]: [string, string]) => this.#fingerprint(path) === fingerprint;
      return entry.bundler === BUNDLER_ID && Object.entries(entry.inputs).every(isSame) ? entry.modules : null;
    } catch {
      return null;
    }
  }

  /** Remembers nothing when an input was saved after this cache was made: the bundle may have either content. */
  put(name: string, modules: readonly ModuleRef[], inputs: readonly string[]): void {
    const paths = [...inputs, ...RESOLUTION_FILES];
    if (paths.some((path) => (this.#stat(path)?.mtimeMs ?? 0) >= this.#madeAtMs)) return;
    const fingerprints = Object.fromEntries(paths.map((path) => [path, this.#fingerprint(path)]));
    const entry: CacheEntry = { bundler: BUNDLER_ID, inputs: fingerprints, modules };
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(this.#path(name), JSON.stringify(entry));
    } catch {
      // The next build takes longer, nothing else.
    }
  }

  /** People's own files by content, installed ones, which are many, by size and time. */
  #fingerprint(path: string): string {
    const known = this.#fingerprints.get(path);
    if (known !== undefined) return known;
    const stats = this.#stat(path);
    let fingerprint = "absent";
    if (stats !== undefined) {
      fingerprint = path.includes("node_modules/")
        ? `${stats.size}-${stats.mtimeMs}`
        : sha256Hex(readFileSync(join(this.#projectDir, path)));
    }
    this.#fingerprints.set(path, fingerprint);
    return fingerprint;
  }

  #stat(path: string): Stats | undefined {
    return statSync(join(this.#projectDir, path), { throwIfNoEntry: false });
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
