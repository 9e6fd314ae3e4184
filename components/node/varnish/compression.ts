import { REQUEST_NOTES } from "./ownHeaders.ts";

/** Shorter texts fit one packet either way. */
const WORTH_COMPRESSING_BYTES = 860;

const COMPRESSIBLE =
  "^(text/(?!event-stream)|application/([^;]+\\+)?(json|xml|javascript|wasm|x-javascript|manifest)|image/svg\\+xml|font/(ttf|otf)|application/vnd\\.ms-fontobject)";

/** Texts are kept as gzip, once for all clients; brotli only where the function made it, for clients that take it. */
export function compression(): string {
  return `sub vcl_backend_response {
  if (beresp.http.content-encoding ~ "(?i)br") {
    if (beresp.http.vary) {
      set beresp.http.vary = beresp.http.vary + ", ${REQUEST_NOTES.brotli}";
    } else {
      set beresp.http.vary = "${REQUEST_NOTES.brotli}";
    }
  } else if (!beresp.http.content-encoding && beresp.http.content-type ~ "(?i)${COMPRESSIBLE}" && beresp.http.cache-control !~ "(?i)no-transform" && (!beresp.http.content-length || std.integer(beresp.http.content-length, 0) >= ${WORTH_COMPRESSING_BYTES})) {
    set beresp.do_gzip = true;
  }
}`;
}
