import type { NodeConfig, NodeLayout } from "../nodeConfig.ts";

/** Above the runner's own longest wait, so that its typed error comes first. */
const ANSWER_TIMEOUT = "35s";

/** Who is asked for what is not in the cache, and how it is found out whether they are well. */
export function backends(_node: NodeConfig, layout: NodeLayout): string {
  return `backend runner {
  .path = "${layout.run}/router.sock";
  .connect_timeout = 1s;
  .first_byte_timeout = ${ANSWER_TIMEOUT};
  .between_bytes_timeout = ${ANSWER_TIMEOUT};
  .probe = {
    .url = "/.edge/readyz";
    .interval = 500ms;
    .timeout = 2s;
    .window = 4;
    .threshold = 2;
    .initial = 1;
  }
}

sub vcl_recv {
  set req.backend_hint = runner;
}`;
}
