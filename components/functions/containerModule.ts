import { nodeErrorBody, statusOf } from "@edge-fleet/runner/nodeErrors";

/** Where a container answers HTTP, as the runner of its node reaches it. */
export interface ContainerOrigin {
  /** The function's name, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/**
 * The module of a function that is a container: it hands each request on and the answer back, bodies as they come. So a container has
 * the routes, queue, limits, metrics and log of every function, and the cache in front. The container finds the name that the client
 * asked for in `x-forwarded-host`.
 */
export function containerModule({ name, host, port }: ContainerOrigin): string {
  const { error } = JSON.parse(nodeErrorBody("ERR_CONTAINER_UNAVAILABLE", { detail: `It is ${name}.`, requestId: "" }));
  return `const ORIGIN = "http://${host}:${port}";
const error = ${JSON.stringify(error)};

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.set("x-forwarded-host", url.host);
    const { method, body } = request;
    try {
      return await fetch(ORIGIN + url.pathname + url.search, { method, headers, body, redirect: "manual", duplex: "half" });
    } catch (fault) {
      console.error("the container does not answer", { reason: fault.message });
      const requestId = request.headers.get("x-request-id");
      return Response.json({ error, requestId }, { status: ${statusOf("ERR_CONTAINER_UNAVAILABLE")}, headers: { "retry-after": "1" } });
    }
  },
};
`;
}
