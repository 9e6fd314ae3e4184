/** What a function is: an ES module whose default export is an {@link EdgeFunction}. Types only; nothing is loaded at run time. */

/** What the edge knows of a request, from the node itself; a client cannot forge it. */
export interface EdgeInfo {
  /** Region that answers, `eu-central-1` for instance. */
  readonly region: string;
  /** ISO 3166-1 alpha-2 code of the client's country; `XX` when unknown or without a GeoIP database. */
  readonly country: string;
  /** Address of the client, IPv4 or IPv6. */
  readonly clientIp: string;
  /** TLS version of the client's connection, `TLSv1.3`; empty for plain HTTP. */
  readonly tls: string;
  /** HTTP version the client speaks, `HTTP/2.0`. */
  readonly http: string;
  /** Identifies this request in logs and in `x-request-id`. */
  readonly requestId: string;
}

/** A standard `Request` with `edge` beside it. */
export interface EdgeRequest extends Request {
  readonly edge: EdgeInfo;
}

export interface EdgeContext {
  /** Keeps the function alive after its response until `promise` settles or a limit fires. */
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * The default export of a function. `Env` names the plain variables that the stack config gives it under
 * `edge-fleet:functions.<name>.env`; a variable that is not declared there is undefined.
 */
export interface EdgeFunction<Env = Readonly<Record<string, string | undefined>>> {
  fetch(request: EdgeRequest, env: Env, context: EdgeContext): Response | Promise<Response>;
}
