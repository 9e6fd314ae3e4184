import { FolderStore } from "@edge-fleet/runner/release/folderStore";
import { untilReleaseTaken } from "../functionStore/releaseTaken.ts";
import { countryMap } from "../geoip/countryMap.ts";
import { COUNTRY_MAP } from "../node/haproxy/countryMap.ts";
import type { NodeConfig } from "../node/nodeConfig.ts";
import { renderNode } from "../node/renderNode.ts";
import { PACKAGE_DIR } from "../packageDir.ts";
import { LOCAL_PATIENCE } from "./localPlace.ts";
import { type ManagedInputs, managedProvider } from "./managedProvider.ts";
import { NODE_PROGRAMS, nodeServices } from "./services.ts";
import { localLayout, statePaths } from "./stateDir.ts";

export interface NodeInputs extends ManagedInputs {
  readonly config: NodeConfig;
}

/** A region's node as processes on this machine. */
export const nodeProvider = managedProvider<NodeInputs>({
  footprint: ({ config }) => ({
    name: config.name,
    address: config.address,
    ports: Object.fromEntries(
      Object.entries(config.ports).map(([name, port]) => [`edge-fleet:local.ports.${name}`, port]),
    ),
    programs: NODE_PROGRAMS,
    secrets: nodeSecrets(config),
  }),
  node({ config, geoip, code }, root) {
    const layout = localLayout(root, config.name);
    const { compileCache } = statePaths(root);
    const placement = { layout, packageDir: PACKAGE_DIR, node: process.execPath, compileCache };
    const countries = geoip === null ? {} : { [COUNTRY_MAP]: countryMap(geoip.database) };
    return {
      name: config.name,
      files: { ...renderNode(config, layout), ...countries },
      services: nodeServices(config, placement, { code, geoip: geoip?.digest ?? null }),
      serves: { kind: "http", host: config.address, port: config.ports.http, path: "/readyz" },
      confirm: () => untilReleaseTaken(new FolderStore(statePaths(root).store), [config.name], LOCAL_PATIENCE),
    };
  },
  forget: ({ config }, root) => new FolderStore(statePaths(root).store).removeAck(config.name),
});

/** Names of the secrets of databases, servers and issuers, by the config keys that name them. */
function nodeSecrets({ postgres, redis, issuers }: NodeConfig): Record<string, string> {
  const secrets = Object.entries({ postgres, redis }).flatMap(([kind, stores]) =>
    stores.flatMap(({ name, url, ca }) => [
      [`edge-fleet:${kind}.${name}.url`, url],
      ...(ca === null ? [] : [[`edge-fleet:${kind}.${name}.ca`, ca]]),
    ]),
  );
  const signing = issuers.flatMap(({ name, secret }) =>
    secret === null ? [] : [[`edge-fleet:issuers.${name}.secret`, secret]],
  );
  return Object.fromEntries([...secrets, ...signing]);
}
