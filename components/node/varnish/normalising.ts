import { REQUEST_NOTES } from "./ownHeaders.ts";

/** Parameters by which advertisements tell their clicks apart; pages look the same for all of them. */
export const CAMPAIGN_PARAMETERS = [
  "utm_[a-z_]+",
  ...["gclid", "gclsrc", "gbraid", "wbraid", "dclid", "srsltid", "_ga", "_gl"],
  ...["fbclid", "igshid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid", "mc_cid", "mc_eid"],
];

const CAMPAIGN = `(?:${CAMPAIGN_PARAMETERS.join("|")})`;
const { brotli, campaign } = REQUEST_NOTES;

/**
 * One entry of the cache for all requests that are the same: order of parameters, campaigns, spelling of hosts and of
 * accepted languages. What is not in the key does not reach the function, else clients could have others served what
 * they put there; the order of parameters does, for signatures are made over it.
 */
export function normalising(): string {
  return `sub vcl_recv {
  if (req.restarts == 0) {
    set req.http.host = std.tolower(req.http.host);
    std.collect(req.http.accept);
    std.collect(req.http.accept-encoding);
    std.collect(req.http.accept-language);
    if (req.http.accept-language) {
      set req.http.accept-language = regsuball(std.tolower(req.http.accept-language), "\\s+", "");
    }
    if (req.http.accept) {
      set req.http.accept = regsuball(req.http.accept, "\\s+", "");
    }
    if (req.http.accept-encoding ~ "(?i)(^|[,\\s])br\\s*(,|;\\s*q=(1|0\\.0*[1-9])|$)") {
      set req.http.${brotli} = "1";
    }
    if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "[?&]${CAMPAIGN}=") {
      set req.http.${campaign} = regsub(regsuball(regsub(req.url, "^[^?]*\\?", "&"), "&(?!${CAMPAIGN}=)[^&]*", ""), "^&", "");
      set req.url = regsuball(regsub(req.url, "\\?", "?&"), "&${CAMPAIGN}=[^&]*", "");
      set req.url = regsub(regsub(req.url, "\\?&", "?"), "\\?$", "");
    }
  }
}

sub vcl_hash {
  hash_data(std.querysort(req.url));
  hash_data(req.http.host);
  # What was let in under some policies answers nobody who was let in under others.
  hash_data(req.http.x-edge-policy);
  return (lookup);
}

sub vcl_backend_fetch {
  # Varnish asks for gzip by itself; a function that has brotli may give it.
  if (bereq.http.${brotli} && !bereq.uncacheable) {
    set bereq.http.accept-encoding = "br, gzip";
  }
}

sub vcl_deliver {
  # A redirect within the site takes the campaign along, which the function has not seen.
  if (req.http.${campaign} && resp.http.location && resp.status >= 301 && resp.status <= 308 && resp.http.location !~ "[?&]${CAMPAIGN}=" && (resp.http.location ~ "^/(?!/)" || regsub(resp.http.location, "^https?://([^/?#]*).*$", "\\1") == req.http.host)) {
    if (resp.http.location ~ "^[^#]*\\?") {
      set resp.http.location = regsub(resp.http.location, "#.*$", "") + "&" + req.http.${campaign} + regsub(resp.http.location, "^[^#]*", "");
    } else {
      set resp.http.location = regsub(resp.http.location, "#.*$", "") + "?" + req.http.${campaign} + regsub(resp.http.location, "^[^#]*", "");
    }
  }
}`;
}
