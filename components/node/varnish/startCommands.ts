import type { NodeLayout } from "../nodeConfig.ts";

/** Below `etc`. */
export const START_COMMANDS = "varnish.cli";

/** What of a streamed answer that is not kept Varnish reads ahead of its client: 2,000 of them fit into its memory for answers under way. */
const READ_AHEAD = "64k";

/**
 * `varnish.cli`: what Varnish is told before it starts. A dash before a command forgives a version that does not know it: 7.1
 * has no bound of what it reads ahead, later ones have none unless they are told.
 */
export function renderStartCommands(): string {
  return `-param.set transit_buffer ${READ_AHEAD}\n`;
}

export function startCommandsFile({ etc }: NodeLayout): string {
  return `${etc}/${START_COMMANDS}`;
}
