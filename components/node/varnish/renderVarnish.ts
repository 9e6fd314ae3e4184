import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { backends } from "./backends.ts";
import { compression } from "./compression.ts";
import { credentials } from "./credentials.ts";
import { delivery } from "./delivery.ts";
import { failures } from "./failures.ts";
import { normalising } from "./normalising.ts";
import { ownHeaders } from "./ownHeaders.ts";
import { purging } from "./purging.ts";
import { requestRules } from "./requestRules.ts";
import { stale } from "./stale.ts";
import { storing } from "./storing.ts";
import { targetRules } from "./targetRules.ts";
import { versions } from "./versions.ts";
import { belowShield } from "./wayOut.ts";

/**
 * `edge.vcl`: the cache of a node. Each part adds its own piece to Varnish's subroutines, which run in the order of the parts.
 * Valid for Varnish 7.1 up to today's line; built-in VCL is never reached in what a request passes through.
 */
export function renderVarnish(node: NodeConfig, layout: NodeLayout): string {
  const parts = [
    "vcl 4.1;",
    "import directors;\nimport purge;\nimport std;",
    ownHeaders(),
    backends(node, layout),
    purging(),
    targetRules(),
    requestRules(),
    versions(),
    normalising(),
    credentials(node),
    stale(),
    storing(node),
    belowShield(node),
    compression(),
    failures(node),
    delivery(node),
  ];
  return `${parts.flatMap((part) => part.trim() || []).join("\n\n")}\n`;
}
