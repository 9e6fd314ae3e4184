import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson } from "./canonicalJson.ts";
import { asReleaseError, readBounded, writeWhole } from "./files.ts";
import { withFolderLock } from "./folderLock.ts";
import { LEASE_BYTES_MAX, LEASE_NAME, type Lease, type LeaseStore, type TaggedLease, validateLease } from "./leases.ts";
import { parseJson, sha256Hex } from "./manifest.ts";
import { matching } from "./shape.ts";

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
    await mkdir(this.#folder, { recursive: true }).catch((cause) => {
      throw asReleaseError(cause, this.#folder);
    });
    return withFolderLock(join(this.#folder, "lock"), async () => {
      const found = await readBounded(path, LEASE_BYTES_MAX);
      if ((found && sha256Hex(found)) !== expectedEtag) return null;
      const bytes = Buffer.from(canonicalJson(next));
      await writeWhole(path, bytes);
      return sha256Hex(bytes);
    });
  }

  #path(name: string): string {
    return join(this.#folder, `${matching(name, "lease", LEASE_NAME)}.json`);
  }
}
