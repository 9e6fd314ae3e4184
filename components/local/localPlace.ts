import fs from "node:fs";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import type { ReleaseKeys } from "@edge-fleet/runner/release/signature";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack, Current, FunctionManifest } from "@edge-fleet/runner/release/types";
import type { Patience, ReleasePlace, Signing } from "../functionStore/releasePlace.ts";
import { managerStatus } from "./manager/client.ts";
import { readReleaseKey, releaseKey } from "./releaseKey.ts";
import { missingSecrets } from "./secretProblem.ts";
import { nodeDir, statePaths } from "./stateDir.ts";

/** A node takes a release in well under a second; starting beside others on a busy machine, in some. */
export const LOCAL_PATIENCE: Patience = { timeoutMs: 15_000, pollMs: 50 };

/** Releases of the fleet on this machine: a folder, a key beside it, and the nodes whose managers answer. */
export class LocalPlace implements ReleasePlace {
  readonly patience = LOCAL_PATIENCE;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async open(): Promise<ReleaseStore | null> {
    const folder = statePaths(this.#root).store;
    return fs.existsSync(folder) ? new FolderStore(folder) : null;
  }

  async make(): Promise<ReleaseStore> {
    const folder = statePaths(this.#root).store;
    // A store that is not there is a fault, so that a mistaken path is no empty fleet; only here it is made.
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new FolderStore(folder);
  }

  async signing(): Promise<Signing> {
    return releaseKey(this.#root);
  }

  trusted(): ReleaseKeys {
    return readReleaseKey(this.#root)?.keys ?? [];
  }

  isSigned({ signature }: Current): boolean {
    return signature !== null && readReleaseKey(this.#root) !== null;
  }

  missingSecrets(manifests: readonly FunctionManifest[]): Promise<string[]> {
    return missingSecrets(this.#root, manifests);
  }

  async running(acks: readonly Ack[]): Promise<string[]> {
    const managers = await Promise.all(acks.map(({ node }) => managerStatus(nodeDir(this.#root, node))));
    return acks.filter((_, index) => managers[index] !== null).map(({ node }) => node);
  }
}
