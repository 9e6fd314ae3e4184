import type { NodeConfig } from "../nodeConfig.ts";
import { REQUEST_NOTES, STORED_NOTES } from "./ownHeaders.ts";

const { credentials: note, isStatic } = REQUEST_NOTES;
const { shared, control, failed } = STORED_NOTES;

/**
 * Requests with a cookie or an authorisation: they are answered from the cache, and their answers are kept, only where the
 * answer says that it is for everybody (`public` or `s-maxage`). So no function has to know of the cache to be safe from it.
 * From paths that are the same for every visitor cookies are taken, so that neither request nor answer has any.
 */
export function credentials({ cache }: NodeConfig): string {
  return `${withoutCookies(cache.staticPaths)}sub vcl_recv {
  if (req.http.cookie || req.http.authorization) {
    set req.http.${note} = "1";
  }
}

sub vcl_hit {
  if (req.http.${note} && !obj.http.${shared} && !obj.http.${failed}) {
    return (pass);
  }
}`;
}

function withoutCookies(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const patterns = paths.map((path) => {
    const literal = path.replaceAll(".", "\\.");
    return literal.endsWith("*") ? literal.slice(0, -1) : `${literal}(\\?|$)`;
  });
  return `sub vcl_recv {
  if ((req.method == "GET" || req.method == "HEAD") && req.url ~ "^(${patterns.join("|")})") {
    unset req.http.cookie;
    set req.http.${isStatic} = "1";
  }
}

sub vcl_backend_response {
  if (bereq.http.${isStatic}) {
    unset beresp.http.set-cookie;
  }
}

`;
}

/** In \`vcl_backend_response\`, once the note of the cache-control is there. */
export function sharing(): string {
  return `  if (beresp.http.${control} ~ "(?i)(^|[,\\s])(public|s-maxage)\\s*(,|=|$)") {
    set beresp.http.${shared} = "1";
  }`;
}
