import { Readable } from "node:stream";
import { BindingFault, type Operation } from "./engine.ts";

/** What a function sent as JSON in an operation's body. @throws BindingFault */
export async function jsonBody(
  { body, bodyBytes }: Pick<Operation, "body" | "bodyBytes">,
  maxBytes: number,
): Promise<unknown> {
  const bytes = body instanceof Readable ? await collected(body, bodyBytes, maxBytes) : body;
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new BindingFault("ERR_BINDING_INVALID", "the call is not JSON");
  }
}

async function collected(body: AsyncIterable<Buffer>, claimed: number | undefined, maxBytes: number): Promise<Buffer> {
  if ((claimed ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(maxBytes: number): BindingFault {
  return new BindingFault("ERR_BINDING_TOO_LARGE", `the call with its parameters has more than ${maxBytes} bytes`);
}
