import { existsSync } from "node:fs";
import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { openStore } from "@edge-fleet/runner/release/openStore";
import type { ReleaseStore } from "@edge-fleet/runner/release/store";
import type { Ack } from "@edge-fleet/runner/release/types";
import { storeAddress } from "../components/aws/store/storeAddress.ts";
import type { FleetConfig } from "../components/config/fleetConfig.ts";
import { type StatePaths, stateDir, statePaths } from "../components/local/stateDir.ts";
import { CommandError } from "./errors.ts";
import { readStackConfig } from "./project.ts";

/** A stack and where its things are. */
export interface Environment {
  readonly stack: string;
  readonly projectDir: string;
  readonly config: FleetConfig;
  /** Folders of the local fleet. */
  readonly paths: StatePaths;
}

/** @throws UsageError for an unknown stack, ConfigError for one that cannot be used */
export function readEnvironment(projectDir: string, stack: string): Environment {
  const config = readStackConfig(projectDir, stack);
  return { stack, projectDir, config, paths: statePaths(stateDir(projectDir)) };
}

/** The stack's release store. @throws CommandError where the fleet has none yet */
export async function openEnvironmentStore({ stack, config, paths }: Environment): Promise<ReleaseStore> {
  if (config.aws !== null) {
    if (config.aws.account === null) {
      throw new CommandError(
        `stack ${stack} names no account, and its store is named after it. Set edge-fleet:aws.account to its twelve digits.`,
      );
    }
    return openStore(storeAddress({ name: config.name, aws: config.aws }).address);
  }
  if (!existsSync(paths.store)) {
    throw new CommandError(`stack ${stack} has no release store at ${paths.store}. \`npm start\` brings the fleet up.`);
  }
  return new FolderStore(paths.store);
}

/** What the nodes last said, sorted by region and name. */
export async function readNodes(store: ReleaseStore): Promise<Ack[]> {
  const acks = [...(await store.readAcks()).values()];
  const key = ({ region, node }: Ack) => `${region}\0${node}`;
  return acks.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
