import { FARM_LIST, renderAgent, renderFarmList } from "./agent.ts";
import { authorities } from "./haproxy/out/origins.ts";
import { renderJudge } from "./haproxy/policies/judge.ts";
import { issuerKeys } from "./haproxy/policies/tokens.ts";
import { renderHaproxy } from "./haproxy/renderHaproxy.ts";
import type { NodeConfig, NodeLayout } from "./nodeConfig.ts";
import { renderRunner } from "./runner.ts";
import { renderVarnish } from "./varnish/renderVarnish.ts";
import { renderStartCommands, START_COMMANDS } from "./varnish/startCommands.ts";

/** The files of a node below its `etc` folder, by name. */
export interface NodeFiles {
  readonly "haproxy.cfg": string;
  readonly "judge.cfg": string;
  readonly "edge.vcl": string;
  readonly "varnish.cli": string;
  readonly "runner.json": string;
  readonly "agent.json": string;
  /** Not on machines of AWS: their group is the list. */
  readonly "farm.json"?: string;
  readonly [authority: `origin-${string}-ca.pem`]: string;
  /** Public keys of issuers: their names are in `haproxy.cfg`. */
  readonly [issuerKey: `issuer-${string}.pem`]: string;
}

/** Everything that is configured on a node, the same for every target: text from values, nothing read or written. */
export function renderNode(node: NodeConfig, layout: NodeLayout): NodeFiles {
  return {
    "haproxy.cfg": renderHaproxy(node, layout),
    "judge.cfg": renderJudge(node, layout),
    "edge.vcl": renderVarnish(node, layout),
    [START_COMMANDS]: renderStartCommands(),
    "runner.json": renderRunner(node, layout),
    "agent.json": renderAgent(node, layout),
    ...(node.cloud === null ? { [FARM_LIST]: renderFarmList(node) } : {}),
    ...authorities(node),
    ...issuerKeys(node),
  };
}
