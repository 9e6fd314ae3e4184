import type { AgentConfig } from "@edge-fleet/runner/agent/config";
import { certificatesConfig } from "./certificates.ts";
import { hasFarm } from "./haproxy/out/farm.ts";
import { judgeSockets, policyFolder } from "./haproxy/policies/maps.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";
import { purgeSocket } from "./varnish/purging.ts";

/** The other nodes of the region, below `etc`: no program is restarted when they change. */
export const FARM_LIST = "farm.json";

/** `farm.json`: what the agent tells HAProxy while it runs. */
export function renderFarmList({ siblings }: NodeConfig): string {
  // One by one: the engine gives objects back with their keys in another order.
  return `${JSON.stringify(
    siblings.map(({ name, address }) => ({ name, address })),
    null,
    2,
  )}\n`;
}

/** A folder costs one `stat` a poll, so a release is seen at once. */
const FOLDER_POLL_MS = 200;

/** `agent.json`: what the node's agent is started with. */
export function renderAgent(node: NodeConfig, layout: NodeLayout): string {
  const config: AgentConfig = {
    node: node.name,
    region: node.region,
    store: { address: `file:${layout.store}`, replicas: [] },
    releasesDir: `${layout.data}/releases`,
    control: `${layout.run}/control.sock`,
    pollMs: FOLDER_POLL_MS,
    certificates: certificatesConfig(node, layout),
    admin: { host: node.address, port: node.ports.agentAdmin },
    farm: hasFarm(node)
      ? { list: `${layout.etc}/${FARM_LIST}`, haproxy: `${layout.run}/haproxy.sock`, port: node.ports.peers }
      : null,
    cache: { commands: `${layout.run}/agent.sock`, purge: purgeSocket(layout) },
    door: {
      routes: `${layout.run}/haproxy.sock`,
      policies: judgeSockets(layout).commands,
      folder: policyFolder(layout),
      secretsDir: layout.secrets,
      issuers: node.issuers.map(({ name, secret }) => ({ name, secret })),
      hasCountries: node.countryMap,
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
