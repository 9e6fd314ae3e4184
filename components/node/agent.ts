import type { AgentConfig } from "@edge-fleet/runner/agent/config";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

/** A folder costs one `stat` a poll, so a release is seen at once. */
const FOLDER_POLL_MS = 200;

/** `agent.json`: what the node's agent is started with. */
export function renderAgent(node: NodeConfig, layout: NodeLayout): string {
  const config: AgentConfig = {
    node: node.name,
    region: node.region,
    store: { kind: "folder", path: layout.store },
    releasesDir: `${layout.data}/releases`,
    control: `${layout.run}/control.sock`,
    pollMs: FOLDER_POLL_MS,
    admin: { host: node.address, port: node.ports.agentAdmin },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
