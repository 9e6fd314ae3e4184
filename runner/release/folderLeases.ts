import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "./canonicalJson.ts";
import { asReleaseError, makeFolder, readBounded, writeWhole } from "./files.ts";
import { withFolderLock } from "./folderLock.ts";
import { LEASE_BYTES_MAX, LEASE_NAME, type Lease, type LeaseStore, type TaggedLease, validateLease } from "./leases.ts";
import { parseJson, sha256Hex } from "./manifest.ts";
import { matching } from "./shape.ts";

const SUFFIX = ".json";

/** Leases in a folder: a file each. */
export class FolderLeases implements LeaseStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async readLease(name: string): Promise<TaggedLease | null> {
    const path = this.#path(name);
    const bytes = await readBounded(path, LEASE_BYTES_MAX);
    return bytes && { lease: validateLease(parseJson(bytes, path)), etag: sha256Hex(bytes) };
  }

  async compareAndSwapLease(name: string, expectedEtag: string | null, next: Lease): Promise<string | null> {
    const path = this.#path(name);
    await makeFolder(this.#folder);
    return this.#swap(path, expectedEtag, async () => {
      const bytes = Buffer.from(canonicalJson(next));
      await writeWhole(path, bytes);
      return sha256Hex(bytes);
    });
  }

  async listLeases(): Promise<readonly string[]> {
    const files = await readdir(this.#folder).catch((cause) => {
      if (cause.code === "ENOENT") return [];
      throw asReleaseError(cause, this.#folder);
    });
    return files
      .filter((file) => file.endsWith(SUFFIX) && LEASE_NAME.regex.test(file))
      .map((file) => file.slice(0, -SUFFIX.length));
  }

  async removeLease(name: string, expectedEtag: string): Promise<boolean> {
    const path = this.#path(name);
    const removed = await this.#swap(path, expectedEtag, async () => {
      await rm(path).catch((cause) => {
        throw asReleaseError(cause, path);
      });
      return true;
    });
    return removed === true;
  }

  /** What `change` gives; null, and nothing is changed, when the lease is another than expected. */
  #swap<Result>(path: string, expectedEtag: string | null, change: () => Promise<Result>): Promise<Result | null> {
    return withFolderLock(join(this.#folder, "lock"), async () => {
      const found = await readBounded(path, LEASE_BYTES_MAX);
      return (found && sha256Hex(found)) === expectedEtag ? change() : null;
    });
  }

  #path(name: string): string {
    return join(this.#folder, `${matching(name, "lease", LEASE_NAME)}${SUFFIX}`);
  }
}
