import type { ReleaseKeys, ReleaseSigner } from "@edge-fleet/runner/release/signature";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack, Current, FunctionManifest } from "@edge-fleet/runner/release/types";
import { CloudPlace, type CloudStore } from "../aws/store/cloudPlace.ts";
import { LocalPlace } from "../local/localPlace.ts";
import { stateDir } from "../local/stateDir.ts";

/** What deployers of a fleet sign with, and what they believe. */
export interface Signing {
  readonly signer: ReleaseSigner;
  readonly keys: ReleaseKeys;
}

/** How long nodes are waited for, and how often it is looked whether they have answered. */
export interface Patience {
  /** Before their functions begin to start, ms. */
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** Where a fleet's releases are, who signs them, and who takes them. */
export interface ReleasePlace {
  readonly patience: Patience;

  /** The release store; null when it is not there yet. */
  open(): Promise<ReleaseStore | null>;

  /** The same, made where nothing else makes it. */
  make(): Promise<ReleaseStore>;

  /** @throws Error saying what is wrong with the key, and the remedy */
  signing(): Promise<Signing>;

  /** What deployers believe, without the key that they sign with; empty: anything. */
  trusted(): ReleaseKeys;

  /** Whether nodes take this pointer, and will when the newest key is the only one. */
  isSigned(current: Current): boolean;

  /** Why nodes cannot have secrets of these functions, and what to do; empty when they can. */
  missingSecrets(manifests: readonly FunctionManifest[]): Promise<string[]>;

  /** Names of those nodes that run. */
  running(acks: readonly Ack[]): Promise<string[]>;
}

/** @param cloud undefined: the fleet is on this machine. */
export function releasePlace(cloud: CloudStore | undefined): ReleasePlace {
  return cloud === undefined ? new LocalPlace(stateDir(process.cwd())) : new CloudPlace(cloud);
}
