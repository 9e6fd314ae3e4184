import { REQUEST_NOTES, STORED_NOTES } from "./ownHeaders.ts";

const { credentials: note } = REQUEST_NOTES;
const { shared, control } = STORED_NOTES;

/**
 * Requests with a cookie or an authorisation: they are answered from the cache, and their answers are kept, only where the
 * answer says that it is for everybody (`public` or `s-maxage`). So no function has to know of the cache to be safe from it.
 */
export function credentials(): string {
  return `sub vcl_recv {
  if (req.http.cookie || req.http.authorization) {
    set req.http.${note} = "1";
  }
}

sub vcl_hit {
  if (req.http.${note} && !obj.http.${shared}) {
    return (pass);
  }
}`;
}

/** In \`vcl_backend_response\`, once the note of the cache-control is there. */
export function sharing(): string {
  return `  if (beresp.http.${control} ~ "(?i)(^|[,\\s])(public|s-maxage)\\s*(,|=|$)") {
    set beresp.http.${shared} = "1";
  }`;
}
