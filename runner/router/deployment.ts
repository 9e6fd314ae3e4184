import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FunctionSource } from "../protocol/messages.ts";
import { canonicalJson } from "../release/canonicalJson.ts";
import { verifyModule } from "../release/manifest.ts";
import { mapPlaces, parseSourceMap, type SourceMap } from "../release/sourceMap.ts";
import type { FunctionManifest } from "../release/types.ts";
import { readSecrets } from "../secretFiles.ts";
import { type Health, newHealth } from "./health/functionHealth.ts";

/** A larger map is not read: the router would stand still for it. */
const MAP_BYTES_MAX = 4 * 1024 * 1024;

/** A function version that the router has taken in; its key is its name on the wire. */
export class Deployment {
  readonly key: number;
  readonly manifest: FunctionManifest;
  readonly #secretsDir: string;
  #modulesDir: string;
  /** Of the secrets' values when they were first read; the values are kept nowhere here. */
  #secretsDigest: string | undefined;
  /** Requests that run now, in whatever worker, or are on their way to one. */
  running = 0;
  /** Set when it is no longer in the table: called when its last request is over. */
  whenGone: (() => void) | undefined;
  health: Health = newHealth("probation", false);

  constructor(key: number, manifest: FunctionManifest, folders: { release: string; secrets: string }) {
    this.key = key;
    this.manifest = manifest;
    this.#modulesDir = join(folders.release, "modules");
    this.#secretsDir = folders.secrets;
  }

  /** The same version is in a newer release, whose folder stays when the old one goes. */
  moveTo(releaseDir: string): void {
    this.#modulesDir = join(releaseDir, "modules");
  }

  /** Whether a worker may have a secret with another value than it has now. @throws SecretError */
  async hasNewSecrets(): Promise<boolean> {
    const found = digestOf(await readSecrets(this.#secretsDir, this.manifest));
    return this.#secretsDigest !== undefined && this.#secretsDigest !== found;
  }

  /**
   * What a worker needs to run it, read from disk and checked against the manifest, secrets with their values of now.
   *
   * @throws ReleaseError, SecretError or a file error
   */
  async load(): Promise<{ source: FunctionSource; body: Buffer }> {
    const { name, version, entry, limits, env, passThrough } = this.manifest;
    const refs = this.manifest.modules.filter((ref) => ref.type === "esm");
    const bodies = await Promise.all(
      refs.map(async (ref) => {
        const bytes = await readFile(join(this.#modulesDir, ref.sha256));
        verifyModule(ref, bytes);
        return bytes;
      }),
    );
    const modules = refs.map((ref) => ({ name: ref.name, bytes: ref.bytes }));
    const secrets = await readSecrets(this.#secretsDir, this.manifest);
    this.#secretsDigest ??= digestOf(secrets);
    const source = { name, version, entry, limits, env: { ...env, ...secrets }, passThrough, modules };
    return { source, body: Buffer.concat(bodies) };
  }

  /** The text with places in its modules told as places in its sources, where it has source maps. */
  async inSources(text: string): Promise<string> {
    const maps = new Map<string, SourceMap | undefined>();
    for (const { name, type, sha256, bytes } of this.manifest.modules) {
      if (type !== "map" || bytes > MAP_BYTES_MAX || !text.includes(name.slice(0, -".map".length))) continue;
      const map = await readFile(join(this.#modulesDir, sha256), "utf8").catch(() => "");
      maps.set(name.slice(0, -".map".length), parseSourceMap(map));
    }
    return mapPlaces(text, (module) => maps.get(module));
  }
}

function digestOf(secrets: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(canonicalJson(secrets)).digest("hex");
}
