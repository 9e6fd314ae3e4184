import { openStore } from "@edge-fleet/runner/release/openStore";
import { type ReleaseKeys, readReleaseKeys, requireSignature } from "@edge-fleet/runner/release/signature";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack, Current, FunctionManifest } from "@edge-fleet/runner/release/types";
import type { ReleasePlace, Signing } from "../../functionStore/releasePlace.ts";
import { unreadableSecrets } from "../access/secretNames.ts";
import { type CloudKey, readCloudKey, requireCloudKey } from "./cloudKey.ts";

/** A release store in S3, as its deployers need it. */
export interface CloudStore {
  /** `s3://<bucket>/<prefix>?region=<region>` */
  readonly address: string;
  /** Null while nobody has made one: then there are previews alone. */
  readonly releaseKey: CloudKey | null;
  /** How names of the nodes' auto scaling groups begin; a region's ends with its code. */
  readonly groups: string;
  /** How names of secrets and parameters begin that nodes may read. */
  readonly secrets: string;
}

/** Releases of a fleet in the cloud: a bucket, a key in Secrets Manager, and the machines that are in service. */
export class CloudPlace implements ReleasePlace {
  /** A node looks every 2 s, and fetches from the other side of the world what its region has no copy of yet. */
  readonly patience = { timeoutMs: 30_000, pollMs: 500 };
  readonly #cloud: CloudStore;

  constructor(cloud: CloudStore) {
    this.#cloud = cloud;
  }

  open(): Promise<ReleaseStore | null> {
    return openCloudStore(this.#cloud.address);
  }

  make(): Promise<ReleaseStore> {
    return openStore(this.#cloud.address);
  }

  signing(): Promise<Signing> {
    return readCloudKey(requireCloudKey(this.#cloud.releaseKey));
  }

  trusted(): ReleaseKeys {
    const { releaseKey } = this.#cloud;
    return releaseKey === null ? [] : readReleaseKeys(releaseKey.trusted, "edge-fleet:aws.releaseKey.trusted");
  }

  isSigned(current: Current): boolean {
    try {
      requireSignature(current, { keys: this.trusted().slice(0, 1), where: "current" });
      return true;
    } catch {
      return false;
    }
  }

  async missingSecrets(manifests: readonly FunctionManifest[]): Promise<string[]> {
    return unreadableSecrets(manifests, this.#cloud.secrets);
  }

  async running(acks: readonly Ack[]): Promise<string[]> {
    // Loaded when there are nodes to ask for: only then Amazon's clients are in memory.
    const { GroupApi } = await import("../rollout/groupApi.ts");
    const regions = Map.groupBy(acks, ({ region }) => region);
    const running = await Promise.all(
      [...regions].map(async ([region, those]) => {
        using api = new GroupApi(region, `${this.#cloud.groups}${region}`);
        const machines = new Set((await api.group())?.machines ?? []);
        return those.filter(({ node }) => machines.has(node)).map(({ node }) => node);
      }),
    );
    return running.flat();
  }
}

/** The store at this address; null when its bucket is not there. */
export async function openCloudStore(address: string): Promise<ReleaseStore | null> {
  const store = await openStore(address);
  try {
    await store.readCurrent();
    return store;
  } catch (error) {
    // Somebody removed it; the bucket's own resource makes it again.
    if (((error as Error).cause as Error | undefined)?.name === "NoSuchBucket") return null;
    throw error;
  }
}
