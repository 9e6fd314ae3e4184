import { Readable } from "node:stream";
import { BindingFault, type Operation } from "./engine.ts";

/** All of an operation's body. @throws BindingFault when it is larger than it may be, or finds no room. */
export async function wholeBody(
  { body, bodyBytes = 0, hold }: Pick<Operation, "body" | "bodyBytes" | "hold">,
  maxBytes: number,
): Promise<Buffer> {
  if (!(body instanceof Readable)) return bounded(body, maxBytes);
  if (bodyBytes > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    hold(part.length);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** What a function sent as JSON. @throws BindingFault */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    throw new BindingFault("ERR_BINDING_INVALID", "the call is not JSON");
  }
}

function bounded(bytes: Buffer, maxBytes: number): Buffer {
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  return bytes;
}

function tooLarge(maxBytes: number): BindingFault {
  return new BindingFault("ERR_BINDING_TOO_LARGE", `the call with its parameters has more than ${maxBytes} bytes`);
}
