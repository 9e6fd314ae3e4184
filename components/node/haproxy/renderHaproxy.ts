import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { backends } from "./backends.ts";
import { clientConnectionsTable } from "./clientConnections.ts";
import { door } from "./door.ts";
import { defaults, globals } from "./globals.ts";
import { metricsDoor } from "./metricsDoor.ts";
import { wayOut } from "./out/wayOut.ts";
import { plainDoor } from "./plainDoor.ts";

/** HAProxy's configuration: the doors of the node and the cache behind them, a file for each section. */
export function renderHaproxy(node: NodeConfig, layout: NodeLayout): string {
  return [
    globals(node, layout),
    defaults(),
    door(node, layout),
    plainDoor(node),
    clientConnectionsTable(node),
    metricsDoor(node),
    backends(layout),
    ...wayOut(node, layout),
  ].join("\n");
}
