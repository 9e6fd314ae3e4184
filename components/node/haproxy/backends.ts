import type { NodeLayout } from "../nodeConfig.ts";

/** The cache behind the doors, and the question whether the region serves. */
export function backends(layout: NodeLayout): string {
  return `backend varnish
  option httpchk GET /.edge/healthz
  http-reuse safe
  server varnish unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1 maxconn 2000

# No traffic, only the question whether the cache has a healthy runner: what DNS asks. Cached answers need none.
backend region
  option httpchk GET /.edge/readyz
  server runner unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1
`;
}
