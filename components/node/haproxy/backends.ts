import { IDLE_MS } from "../httpBounds.ts";
import type { NodeLayout } from "../nodeConfig.ts";
import { judgeSocket } from "./policies/maps.ts";

/** Requests that Varnish has at once, a thread or two each; more wait. */
const VARNISH_REQUESTS_MAX = 2_000;

/**
 * How long what runs on the same machine may take to answer a check, ms. One that has died refuses it at once; one that is only short of the CPU
 * must not be taken out: there is no other, and all requests would fail.
 */
const CHECK_WITHIN_MS = 3_000;

/** The cache behind the doors, those who judge before it where a function has policies, and the question whether the region serves. */
export function backends(layout: NodeLayout): string {
  return `${varnish(layout)}
backend policies
  option httpchk GET /.edge/healthz
  timeout check ${CHECK_WITHIN_MS}ms
  http-reuse always
  server judge unix@${judgeSocket(layout)} check inter 500ms fall 2 rise 1 maxconn ${VARNISH_REQUESTS_MAX} pool-purge-delay ${IDLE_MS.haproxyToVarnish}ms

# No traffic, only the question whether the cache has a healthy runner: what DNS asks. Cached answers need none.
backend region
  option httpchk GET /.edge/readyz
  server runner unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1
`;
}

export function varnish(layout: NodeLayout): string {
  return `backend varnish
  option httpchk GET /.edge/healthz
  timeout check ${CHECK_WITHIN_MS}ms
  http-reuse always
  server varnish unix@${layout.run}/varnish.sock check inter 500ms fall 2 rise 1 maxconn ${VARNISH_REQUESTS_MAX} pool-purge-delay ${IDLE_MS.haproxyToVarnish}ms
`;
}
