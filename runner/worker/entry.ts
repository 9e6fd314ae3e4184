import ivm from "isolated-vm";
import { TO_ISOLATE } from "./isolatePort.ts";

/** One entry into an isolate, as it waits for its turn. */
export interface Entry {
  readonly kind: number;
  readonly call: number;
  readonly id: number;
  readonly text: string;
  readonly body: Buffer | undefined;
}

/** What crosses the border for it: bodies are copied once, a part is given away as it is. */
export function argumentsOf({ kind, call, id, text, body }: Entry): unknown[] {
  const args: unknown[] = [kind, call, id, text, Date.now(), performance.now()];
  if (body === undefined) return args;
  const buffer = kind === TO_ISOLATE.part ? exactBuffer(body) : new Uint8Array(body).buffer;
  const copy = new ivm.ExternalCopy(buffer, { transferOut: true } as ivm.ExternalCopyOptions);
  args.push(copy.copyInto({ release: true, transferIn: true }));
  return args;
}

/** Of a frame, whose body has a buffer of its own unless it is small. */
function exactBuffer(body: Buffer): ArrayBuffer {
  const { buffer, byteLength } = body;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : new Uint8Array(body).buffer;
}

/** Whether isolated-vm stopped an entry; a function can throw the same words. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Script execution timed out.";
}
