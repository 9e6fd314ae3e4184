import type { AgentConfig } from "@edge-fleet/runner/agent/config";
import { parseSecretReference } from "@edge-fleet/runner/secretReference";
import { MACHINE } from "./boot/bootConfig.ts";
import { certificatesConfig } from "./certificates.ts";
import { commandSocket } from "./commandSockets.ts";
import { hasFarm } from "./haproxy/out/farm.ts";
import { policyFolder } from "./haproxy/policies/maps.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";

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

/** Secrets that the node itself needs, whatever functions it serves, and the agent fetches. */
function ownSecrets({ issuers, postgres, redis }: NodeConfig): string[] {
  const servers = [...postgres, ...redis].flatMap(({ url, ca }) => [url, ca]);
  const named = [...issuers.map(({ secret }) => secret), ...servers].filter((secret) => secret !== null);
  return named.filter((secret) => parseSecretReference(secret).kind !== "file");
}

/** A folder costs one `stat` a poll, so a release is seen at once. */
const FOLDER_POLL_MS = 200;
/** A bucket costs two requests a poll: 2.6 million a month, a dollar for each node. */
const S3_POLL_MS = 2_000;

/** `agent.json`: what the node's agent is started with. */
export function renderAgent(node: NodeConfig, layout: NodeLayout): string {
  const { cloud } = node;
  const config: AgentConfig = {
    node: node.name,
    region: node.region,
    store: layout.store,
    releasesDir: `${layout.data}/releases`,
    control: `${layout.run}/control.sock`,
    releaseKeys: layout.releaseKeys,
    releaseSigner: layout.releaseSigner,
    pollMs: layout.store.address.startsWith("s3:") ? S3_POLL_MS : FOLDER_POLL_MS,
    certificates: certificatesConfig(node, layout),
    admin: { host: node.address, port: node.ports.agentAdmin },
    farm: hasFarm(node)
      ? {
          list: cloud === null ? `${layout.etc}/${FARM_LIST}` : null,
          haproxy: commandSocket(layout, "haproxy"),
          port: node.ports.peers,
        }
      : null,
    machine: cloud && {
      region: node.region,
      group: cloud.group,
      metadata: MACHINE.metadata,
      endpoint: null,
      resolvers: null,
    },
    cache: { commands: commandSocket(layout, "agent"), purge: commandSocket(layout, "varnish") },
    door: {
      routes: commandSocket(layout, "haproxy"),
      policies: commandSocket(layout, "judge"),
      folder: policyFolder(layout),
      secretsDir: layout.secrets,
      issuers: node.issuers.map(({ name, secret }) => ({ name, secret })),
      hasCountries: node.countryMap,
    },
    secrets: {
      folder: layout.secrets,
      sealed: layout.sealed,
      aws: cloud && { region: node.region, endpoint: null, prefix: cloud.secretPrefix },
      always: ownSecrets(node),
    },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
