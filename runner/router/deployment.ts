import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { policyId } from "../policies/policies.ts";
import type { FunctionSource } from "../protocol/messages.ts";
import { canonicalJson } from "../release/canonicalJson.ts";
import { functionSource, runnableModules } from "../release/functionSource.ts";
import { verifyModule } from "../release/manifest.ts";
import type { ContentRef, FunctionManifest, ModuleRef } from "../release/types.ts";
import { readSecrets, SecretError } from "../secretFiles.ts";
import type { CompilableModule } from "./code/codeCaches.ts";
import { type Health, newHealth } from "./health/functionHealth.ts";
import type { VersionMaps } from "./stackMapper.ts";

/** A function version that the router has taken in; its key is its name on the wire. */
export class Deployment {
  readonly key: number;
  readonly manifest: FunctionManifest;
  /** Under which policies the door must have let a request pass; undefined where the function has none. */
  readonly policy: string | undefined;
  readonly #secretsDir: string;
  #modulesDir: string;
  #assets: ReadonlyMap<string, ContentRef> | undefined;
  /** Of the secrets' values when they were first read; the values are kept nowhere here. */
  #secretsDigest: string | undefined;
  /** Requests that run now, in whatever worker, or are on their way to one. */
  running = 0;
  /** Requests that are answered while something of them may go on in a worker: what was given to waitUntil. */
  lingering = 0;
  /** Set when it is no longer in the table: called when its last request is over. */
  whenGone: (() => void) | undefined;
  health: Health = newHealth("probation", false);
  /** It was started to see whether it can, or was so before this process began. */
  isTried = false;

  constructor(key: number, manifest: FunctionManifest, folders: { release: string; secrets: string }) {
    this.key = key;
    this.manifest = manifest;
    this.policy = manifest.policies && policyId(manifest.name, manifest.policies);
    this.#modulesDir = join(folders.release, "modules");
    this.#secretsDir = folders.secrets;
  }

  /** The same version is in a newer release, whose folder stays when the old one goes. */
  moveTo(releaseDir: string): void {
    this.#modulesDir = join(releaseDir, "modules");
  }

  get sourceMaps(): VersionMaps {
    const { version, modules } = this.manifest;
    const maps = modules.filter(({ type }) => type === "map");
    const files = maps.map(({ name, sha256 }) => [name.replace(/\.map$/, ""), join(this.#modulesDir, sha256)]);
    return { version, files: Object.fromEntries(files) };
  }

  /** Static assets by path. */
  get assets(): ReadonlyMap<string, ContentRef> {
    this.#assets ??= new Map(this.manifest.assets.map((asset) => [asset.name, asset]));
    return this.#assets;
  }

  /** Where a content of the version is on disk; the agent has checked it. */
  fileOf({ sha256 }: ContentRef): string {
    return join(this.#modulesDir, sha256);
  }

  /** The one module of code, where the function has no more: only such are compiled ahead. */
  get soleModule(): CompilableModule | undefined {
    const [ref, ...others] = this.manifest.modules.filter(({ type }) => type === "esm");
    if (ref === undefined || others.length > 0) return undefined;
    return { sha256: ref.sha256, read: () => this.#readModule(ref) };
  }

  /** Whether a worker may have a secret with another value than it has now. One that cannot be read leaves what runs as it is. */
  async hasNewSecrets(): Promise<boolean> {
    try {
      const found = digestOf(await readSecrets(this.#secretsDir, this.manifest));
      return this.#secretsDigest !== undefined && this.#secretsDigest !== found;
    } catch (error) {
      if (error instanceof SecretError) return false;
      throw error;
    }
  }

  /**
   * What a worker needs to run it, read from disk and checked against the manifest, secrets with their values of now.
   *
   * @throws ReleaseError, SecretError or a file error
   */
  async load(): Promise<{ source: FunctionSource; body: Buffer }> {
    const bodies = await Promise.all(runnableModules(this.manifest).map((ref) => this.#readModule(ref)));
    const secrets = await readSecrets(this.#secretsDir, this.manifest);
    this.#secretsDigest ??= digestOf(secrets);
    const source = functionSource(this.manifest, { ...this.manifest.env, ...secrets });
    return { source, body: Buffer.concat(bodies) };
  }

  async #readModule(ref: ModuleRef): Promise<Buffer> {
    const bytes = await readFile(join(this.#modulesDir, ref.sha256));
    verifyModule(ref, bytes);
    return bytes;
  }
}

function digestOf(secrets: Readonly<Record<string, string>>): string {
  return createHash("sha256").update(canonicalJson(secrets)).digest("hex");
}
