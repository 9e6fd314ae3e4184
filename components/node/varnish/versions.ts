import { POLICY_HEADER } from "@edge-fleet/runner/policies/policies";
import { PREVIEW_HEADER } from "@edge-fleet/runner/release/previewToken";
import { VERSION_HEADER } from "@edge-fleet/runner/traffic/arm";
import { PEER_HEADERS } from "../haproxy/out/peerHeaders.ts";
import { STORED_NOTES } from "./ownHeaders.ts";

/**
 * Versions of functions: the door says which one a request is for, where that matters, and the router says which one answered. An answer is kept only for
 * those whom that very version is for, also while door and router have different releases. Requests with a preview's token are not looked up.
 */
export function versions(): string {
  return `sub vcl_recv {
  if (req.http.${PREVIEW_HEADER}) {
    return (pass);
  }
}

sub vcl_hash {
  hash_data(req.http.${VERSION_HEADER});
}

sub vcl_backend_response {
  if ((beresp.http.${VERSION_HEADER} || bereq.http.${VERSION_HEADER}) && beresp.http.${VERSION_HEADER} != bereq.http.${VERSION_HEADER}) {
    set beresp.uncacheable = true;
    set beresp.ttl = 0s;
    set beresp.grace = 0s;
    return (deliver);
  }
  # Found by its URL when that is purged, whatever else is in its key.
  if (bereq.http.${VERSION_HEADER} || bereq.http.${POLICY_HEADER}) {
    set beresp.http.${STORED_NOTES.page} = bereq.http.host + std.querysort(bereq.url);
  }
}

sub vcl_deliver {
  # Another node's cache is told which version answered.
  if (!req.http.${PEER_HEADERS.hops}) {
    unset resp.http.${VERSION_HEADER};
  }
}`;
}
