import type { HostBody } from "./isolatePort.ts";

/** Bytes of a body that came out of an isolate; text goes out as UTF-8. */
export function hostBytes(body: HostBody): Buffer | undefined {
  if (body === undefined) return undefined;
  return typeof body === "string" ? Buffer.from(body, "utf8") : Buffer.from(body);
}

/** Its size, known without a copy: an isolate can give more than it may. */
export function hostByteLength(body: HostBody): number {
  if (body === undefined) return 0;
  return typeof body === "string" ? Buffer.byteLength(body, "utf8") : body.byteLength;
}
