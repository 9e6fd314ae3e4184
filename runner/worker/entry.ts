import ivm from "isolated-vm";

/** One entry into an isolate, as it waits for its turn. */
export interface Entry {
  readonly kind: number;
  readonly call: number;
  readonly id: number;
  readonly text: string;
  readonly body: Buffer | undefined;
}

/** What crosses the border for it: bodies are copied once. */
export function argumentsOf({ kind, call, id, text, body }: Entry): unknown[] {
  const args: unknown[] = [kind, call, id, text, Date.now(), performance.now()];
  if (body === undefined) return args;
  const copy = new ivm.ExternalCopy(new Uint8Array(body).buffer, { transferOut: true } as ivm.ExternalCopyOptions);
  args.push(copy.copyInto({ release: true, transferIn: true }));
  return args;
}

/** Whether isolated-vm stopped an entry; a function can throw the same words. */
export function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Script execution timed out.";
}
