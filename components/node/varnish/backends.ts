import { SILENCE_MS } from "../httpBounds.ts";
import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";
import { wayOut } from "./wayOut.ts";

/** Who is asked for what is not in the cache, and how it is found out whether they are well. */
export function backends(node: NodeConfig, layout: NodeLayout): string {
  return `backend runner {
  .path = "${layout.run}/router.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = ${SILENCE_MS.varnishFirstByte / 1_000}s;
  .between_bytes_timeout = ${SILENCE_MS.varnishBetweenBytes / 1_000}s;
  .probe = {
    .url = "/.edge/readyz";
    .interval = 500ms;
    .timeout = 2s;
    .window = 4;
    .threshold = 2;
    .initial = 1;
  }
}

${wayOut(node, layout)}`;
}
