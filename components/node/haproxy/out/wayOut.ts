import type { NodeConfig, NodeLayout } from "../../nodeConfig.ts";
import { farm, shields } from "./farm.ts";
import { originBackend, servingOrigins } from "./origins.ts";
import { out } from "./out.ts";
import { peersDoor } from "./peersDoor.ts";
import { resolvers } from "./resolvers.ts";

/** Everything between this node and others: who may come in from there, and who is asked. */
export function wayOut(node: NodeConfig, layout: NodeLayout): string[] {
  return [
    resolvers(node),
    peersDoor(node, layout),
    out(node, layout),
    farm(node, layout),
    shields(node, layout),
    ...servingOrigins(node).map((origin) => originBackend(origin, layout)),
  ].filter((section) => section !== "");
}
