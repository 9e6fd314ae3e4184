import type { EdgeContext, EdgeInfo, EdgeRequest } from "@edge-fleet/runner/contract";

/** A request as the edge gives it to a function. */
export function edgeRequest(path: string, init?: RequestInit, edge?: Partial<EdgeInfo>): EdgeRequest {
  const request = new Request(new URL(path, "https://edge.test"), init);
  const info: EdgeInfo = {
    region: "eu-central-1",
    country: "DE",
    clientIp: "203.0.113.7",
    tls: "TLSv1.3",
    http: "HTTP/2.0",
    requestId: "test",
    ...edge,
  };
  // Of an isolate's own requests it is a getter, which this one hides.
  return Object.defineProperty(request, "edge", { value: info }) as EdgeRequest;
}

export const context: EdgeContext = { waitUntil() {}, passThroughOnException() {} };
