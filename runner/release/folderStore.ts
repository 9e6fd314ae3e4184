import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ACK_BYTES_MAX, NODE_NAME, validateAck } from "./ack.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { CONTROL_BYTES_MAX } from "./controlLog.ts";
import { ReleaseError } from "./errors.ts";
import { asReleaseError, createWhole, makeFolder, readBounded, UNFINISHED, writeWhole } from "./files.ts";
import { FolderLeases } from "./folderLeases.ts";
import { withFolderLock } from "./folderLock.ts";
import { MODULE_BYTES_MAX } from "./functionManifest.ts";
import type { Lease, TaggedLease } from "./leases.ts";
import { CURRENT_BYTES_MAX, parseJson, RELEASE_BYTES_MAX, readPointer, sha256Hex } from "./manifest.ts";
import { matching } from "./shape.ts";
import {
  type ReleaseStore,
  STORED_FILES,
  type StoredKind,
  type StoredObject,
  type SwapResult,
  type TaggedCurrent,
} from "./store.ts";
import type { Ack, ContentRef, Current } from "./types.ts";

/** No write takes this long: what is older was left by a process that died. */
const UNFINISHED_MAX_AGE_MS = 60 * 60 * 1_000;

/** A release store in a folder: `modules/<sha256>`, `releases/<n>.json`, `control/<n>.json`, `current`, `acks/<node>.json`, `leases/<name>.json`. */
export class FolderStore implements ReleaseStore {
  readonly where: string;
  readonly #leases: FolderLeases;

  constructor(path: string) {
    this.where = path;
    this.#leases = new FolderLeases(join(path, "leases"));
  }

  readLease(name: string): Promise<TaggedLease | null> {
    return this.#leases.readLease(name);
  }

  compareAndSwapLease(name: string, expectedEtag: string | null, next: Lease): Promise<string | null> {
    return this.#leases.compareAndSwapLease(name, expectedEtag, next);
  }

  listLeases(): Promise<readonly string[]> {
    return this.#leases.listLeases();
  }

  removeLease(name: string, expectedEtag: string): Promise<boolean> {
    return this.#leases.removeLease(name, expectedEtag);
  }

  async currentStamp(): Promise<string | null> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#path("current"), { bigint: true });
      return `${ino}-${mtimeNs}-${size}`;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return this.#nothingYet();
      throw asReleaseError(cause, this.#path("current"));
    }
  }

  async readCurrent(): Promise<TaggedCurrent | null> {
    const path = this.#path("current");
    const bytes = await readBounded(path, CURRENT_BYTES_MAX);
    if (bytes === null) return this.#nothingYet();
    return { current: readPointer(bytes, path), etag: sha256Hex(bytes) };
  }

  async compareAndSwapCurrent(expectedEtag: string | null, next: Current): Promise<SwapResult> {
    return withFolderLock(this.#path("current.lock"), async () => {
      const found = await this.readCurrent();
      if ((found?.etag ?? null) !== expectedEtag) return { swapped: false, winner: found?.current ?? null };
      const bytes = Buffer.from(canonicalJson(next));
      await this.#removeAbandoned();
      await writeWhole(this.#path("current"), bytes);
      return { swapped: true, etag: sha256Hex(bytes) };
    });
  }

  newestRelease(): Promise<number> {
    return this.#newest("releases");
  }

  async readRelease(release: number): Promise<Buffer> {
    return this.#present(join("releases", `${release}.json`), RELEASE_BYTES_MAX);
  }

  async writeRelease(release: number, bytes: Uint8Array): Promise<boolean> {
    await makeFolder(this.#path("releases"));
    return createWhole(this.#path("releases", `${release}.json`), bytes);
  }

  async hasModule(ref: ContentRef): Promise<boolean> {
    const bytes = await readBounded(this.#path("modules", ref.sha256), Math.max(ref.bytes, 1)).catch((error) => {
      if ((error as ReleaseError).code === "ERR_RELEASE_SIZE") return null;
      throw error;
    });
    return bytes !== null && sha256Hex(bytes) === ref.sha256;
  }

  async readModule(ref: ContentRef): Promise<Buffer> {
    return this.#present(join("modules", ref.sha256), MODULE_BYTES_MAX);
  }

  async writeModule(ref: ContentRef, bytes: Uint8Array): Promise<void> {
    await makeFolder(this.#path("modules"));
    await writeWhole(this.#path("modules", ref.sha256), bytes, 0o444);
  }

  newestControl(): Promise<number> {
    return this.#newest("control");
  }

  readControl(n: number): Promise<Buffer | null> {
    return readBounded(this.#path("control", `${n}.json`), CONTROL_BYTES_MAX);
  }

  async writeControl(n: number, bytes: Uint8Array): Promise<boolean> {
    await makeFolder(this.#path("control"));
    return createWhole(this.#path("control", `${n}.json`), bytes);
  }

  async listStored(kind: StoredKind): Promise<readonly StoredObject[]> {
    const objects: StoredObject[] = [];
    for (const file of await this.#entries(kind)) {
      const name = STORED_FILES[kind].exec(file)?.[1];
      if (name === undefined) continue;
      const stats = await stat(this.#path(kind, file)).catch(() => null);
      if (stats !== null) objects.push({ name, ageMs: Date.now() - stats.mtimeMs });
    }
    return objects;
  }

  async removeStored(kind: StoredKind, name: string): Promise<void> {
    const path = this.#path(kind, kind === "modules" ? name : `${name}.json`);
    try {
      await rm(path, { force: true });
    } catch (cause) {
      throw asReleaseError(cause, path);
    }
  }

  async writeAck(ack: Ack): Promise<void> {
    await makeFolder(this.#path("acks"));
    await writeWhole(this.#ackPath(ack.node), Buffer.from(canonicalJson(ack)));
  }

  async readAcks(): Promise<ReadonlyMap<string, Ack>> {
    const acks = new Map<string, Ack>();
    for (const name of await this.#entries("acks")) {
      if (name.startsWith(UNFINISHED) || !name.endsWith(".json")) continue;
      const ack = await this.#readAck(name);
      if (ack !== null && `${ack.node}.json` === name) acks.set(ack.node, ack);
    }
    return acks;
  }

  async removeAck(node: string): Promise<void> {
    try {
      await rm(this.#ackPath(node), { force: true });
    } catch (cause) {
      throw asReleaseError(cause, this.#ackPath(node));
    }
  }

  async #readAck(name: string): Promise<Ack | null> {
    try {
      const bytes = await readBounded(this.#path("acks", name), ACK_BYTES_MAX);
      return bytes && validateAck(parseJson(bytes, name));
    } catch (error) {
      if ((error as ReleaseError).code === "ERR_RELEASE_STORE") throw error;
      return null;
    }
  }

  /** An absent pointer means "no release yet" only where the store itself is there. */
  async #nothingYet(): Promise<null> {
    try {
      await stat(this.where);
      return null;
    } catch (cause) {
      throw asReleaseError(cause, this.where);
    }
  }

  async #present(name: string, maxBytes: number): Promise<Buffer> {
    const bytes = await readBounded(this.#path(name), maxBytes);
    if (bytes === null)
      throw new ReleaseError("ERR_RELEASE_MISSING", this.#path(name), "is not in the store; deploy again");
    return bytes;
  }

  async #entries(folder: string): Promise<string[]> {
    try {
      return await readdir(this.#path(folder));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw asReleaseError(cause, this.#path(folder));
    }
  }

  async #newest(kind: "releases" | "control"): Promise<number> {
    const numbers = (await this.#entries(kind))
      .map((file) => Number(STORED_FILES[kind].exec(file)?.[1]))
      .filter(Number.isSafeInteger);
    return numbers.reduce((newest, number) => Math.max(newest, number), 0);
  }

  async #removeAbandoned(): Promise<void> {
    for (const folder of ["", "modules", "releases", "control", "acks", "leases"]) {
      for (const name of await this.#entries(folder)) {
        if (!name.startsWith(UNFINISHED)) continue;
        const path = this.#path(folder, name);
        const stats = await stat(path).catch(() => null);
        if (stats === null || Date.now() - stats.mtimeMs < UNFINISHED_MAX_AGE_MS) continue;
        // Another user's leftovers are no reason to fail a deploy.
        await rm(path, { force: true }).catch(() => {});
      }
    }
  }

  #ackPath(node: string): string {
    return this.#path("acks", `${matching(node, "node", NODE_NAME)}.json`);
  }

  #path(...names: string[]): string {
    return join(this.where, ...names);
  }
}
