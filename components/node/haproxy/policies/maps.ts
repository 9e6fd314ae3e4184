import { DOOR_MAP_FILES } from "@edge-fleet/runner/policies/doorMaps";
import type { NodeLayout } from "../../nodeConfig.ts";

/** Folder of the maps that the agent writes for each release; HAProxy reads them when it starts. */
export function policyFolder(layout: NodeLayout): string {
  return `${layout.run}/policies`;
}

/** Paths of the maps: they are their names for HAProxy. */
export function policyMaps(layout: NodeLayout): Record<keyof typeof DOOR_MAP_FILES, string> {
  const folder = policyFolder(layout);
  return { policies: `${folder}/${DOOR_MAP_FILES.policies}`, hosts: `${folder}/${DOOR_MAP_FILES.hosts}` };
}

/** Sockets of the process that judges: requests, and its commands. */
export function judgeSockets(layout: NodeLayout): { readonly requests: string; readonly commands: string } {
  return { requests: `${layout.run}/judge.sock`, commands: `${layout.run}/judge-commands.sock` };
}
