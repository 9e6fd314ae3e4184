import { STORED_NOTES } from "./ownHeaders.ts";

/** Name of the socket of its own on which the node's agent purges; no client's request comes there. */
export const PURGE_SOCKET = "purge";

const { tags, host, page } = STORED_NOTES;

/**
 * What the agent says on the purge socket. `PURGE <url>` takes one page in all its variants, softly with `x-edge-soft`: then
 * the copy counts as expired, and serves as such. `BAN /` takes all that has the tag of `x-edge-tag`, or the host of
 * `x-edge-host` on any port (both regular expressions), or everything. Bans look only at what is stored, so that Varnish's lurker can do them in the background.
 */
export function purging(): string {
  return `sub vcl_recv {
  if (local.socket == "${PURGE_SOCKET}") {
    if (req.method == "BAN") {
      if (req.http.x-edge-tag) {
        ban("obj.http.${tags} ~ ," + req.http.x-edge-tag + ",");
      } else if (req.http.x-edge-host) {
        ban("obj.http.${host} ~ ^" + req.http.x-edge-host + "(:[0-9]+)?$");
      } else {
        ban("obj.status != 0");
      }
      return (synth(200, "banned"));
    }
    if (req.method != "PURGE" || !req.http.host || req.url !~ "^/") {
      return (synth(405, "PURGE or BAN"));
    }
    # As in requests of clients, so that the same URL has the same key.
    set req.method = "GET";
    set req.hash_ignore_busy = true;
  }
}

sub vcl_hit {
  if (local.socket == "${PURGE_SOCKET}") {
    call purge_page;
  }
}

sub vcl_miss {
  if (local.socket == "${PURGE_SOCKET}") {
    call purge_page;
  }
}

sub purge_page {
  # Copies of functions with policies, and of candidates, have more in their keys.
  ban("obj.http.${page} == " + req.http.host + std.querysort(req.url));
  if (req.http.x-edge-soft) {
    set req.http.x-edge-purged = purge.soft(0s);
  } else {
    set req.http.x-edge-purged = purge.hard();
  }
  return (synth(200, req.http.x-edge-purged));
}`;
}
