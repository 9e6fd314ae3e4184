import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { compilerSlot, type RunnerConfig, slotFolder } from "../config.ts";

/** Who may pass through the folder of all sockets, and who through the folder of one worker's. */
export const RUN_MODE = 0o711;
export const SLOT_MODE = 0o710;

/**
 * Makes the folders of the sockets; what is there stays as it is.
 *
 * @returns whether they are there: a workers' supervisor that is another user than the router may have to wait for it to make them.
 */
export function makeSocketFolders(config: RunnerConfig): boolean {
  try {
    mkdirSync(config.runDir, { recursive: true, mode: RUN_MODE });
    for (let slot = 0; slot <= compilerSlot(config); slot++) {
      mkdirSync(slotFolder(config, slot), { recursive: true, mode: SLOT_MODE });
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EACCES") throw error;
    return false;
  }
}

/** Lets one group, and nobody else but the owner, pass to the sockets in a folder. */
export function giveFolder(folder: string, groupId: number): void {
  chownSync(folder, process.getuid?.() ?? 0, groupId);
  chmodSync(folder, SLOT_MODE);
}
