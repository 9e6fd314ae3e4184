import type { NodeLayout } from "./nodeConfig.ts";

/** Programs of a node that are told what to do while they run. */
export const COMMANDED = ["haproxy", "judge", "varnish", "agent"] as const;
export type Commanded = (typeof COMMANDED)[number];

/** Folder of a program's socket for commands; beside itself the agent alone is given it. */
export function commandFolder(layout: NodeLayout, program: Commanded): string {
  return `${layout.commands}/${program}`;
}

/** The socket on which a program takes commands: HAProxy's and the judge's runtime API, Varnish's purges, the agent's orders. */
export function commandSocket(layout: NodeLayout, program: Commanded): string {
  return `${commandFolder(layout, program)}/socket`;
}

/** Folders that must be there before the programs start. */
export function commandFolders(layout: NodeLayout): string[] {
  return COMMANDED.map((program) => commandFolder(layout, program));
}
