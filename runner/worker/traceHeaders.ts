import type { HeaderList } from "../protocol/messages.ts";

/** A sub-request's headers with the trace of the request that makes it, unless the function gives one itself. */
export function withTrace(own: HeaderList, request: HeaderList): HeaderList {
  if (own.some(([name]) => name === "traceparent")) return own;
  const trace = request.filter(([name]) => name === "traceparent" || name === "tracestate");
  return [...own.filter(([name]) => name !== "tracestate"), ...trace];
}

/** The `traceparent` of a request; "" when it has none. */
export function traceparentOf(headers: HeaderList): string {
  return headers.find(([name]) => name === "traceparent")?.[1] ?? "";
}
