import { DOOR_MAP_FILES } from "@edge-fleet/runner/policies/doorMaps";
import type { NodeLayout } from "../../nodeConfig.ts";

/** Folder of the maps that the agent writes for each release; HAProxy reads them when it starts. */
export function policyFolder(layout: NodeLayout): string {
  return `${layout.commands}/policies`;
}

/** Paths of the maps: they are their names for HAProxy. */
export function policyMaps(layout: NodeLayout): Record<keyof typeof DOOR_MAP_FILES, string> {
  const folder = policyFolder(layout);
  return { policies: `${folder}/${DOOR_MAP_FILES.policies}`, hosts: `${folder}/${DOOR_MAP_FILES.hosts}` };
}

/** The socket on which the process that judges takes requests. */
export function judgeSocket(layout: NodeLayout): string {
  return `${layout.run}/judge.sock`;
}
