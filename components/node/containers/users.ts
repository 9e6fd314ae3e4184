import { GROUP_ID, USER_IDS } from "@edge-fleet/runner/image/layout";

/** Users of the node's containers, none of which exists on the machine. */
const IDS = {
  ...USER_IDS,
  haproxy: 10_003,
  varnish: 10_004,
  "node-exporter": 10_005,
  /** Every function in a container; each has namespaces of its own. */
  functions: 10_010,
} as const;

/** `<user>:<group>` of a container. The group is that of the sockets between services; others have one of their own. */
export const USERS = {
  haproxy: `${IDS.haproxy}:${GROUP_ID}`,
  judge: `${IDS.haproxy}:${GROUP_ID}`,
  varnish: `${IDS.varnish}:${GROUP_ID}`,
  runner: `${IDS.runner}:${GROUP_ID}`,
  sandbox: `${IDS.sandbox}:${GROUP_ID}`,
  // It orders releases on a socket of the runner's user, and writes what that user alone may read.
  agent: `${IDS.runner}:${GROUP_ID}`,
  "varnish-exporter": `${IDS.varnish}:${IDS.varnish}`,
  "node-exporter": `${IDS["node-exporter"]}:${IDS["node-exporter"]}`,
  functions: `${IDS.functions}:${IDS.functions}`,
} as const;
