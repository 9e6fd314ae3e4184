/** What is no request for a function: the node's own questions, targets that could be read in two ways, methods that nobody has. */
export function requestRules(): string {
  return `sub vcl_recv {
  if (req.url ~ "^/\\.edge(/|$|\\?)") {
    # Only HAProxy's own checks come without a client's address.
    if (!req.http.x-edge-client-ip && (req.url == "/.edge/healthz" || (req.url == "/.edge/readyz" && std.healthy(runner)))) {
      return (synth(200, "ok"));
    }
    if (!req.http.x-edge-client-ip && req.url == "/.edge/readyz") {
      return (synth(503, "no healthy runner"));
    }
    return (synth(404, "not found"));
  }
  # Absolute-form targets have poisoned caches (VSV00018).
  call edge_target;
  # An answer instead of the raw pipe that Varnish would make of a method that it does not know.
  if (req.method !~ "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$") {
    return (synth(501, "method not implemented"));
  }
  # Varnish has added the address of its own UNIX socket.
  set req.http.x-forwarded-for = req.http.x-edge-client-ip;
}`;
}
