import { type PurgeCommand, parsePurgeOrder } from "../agent/cache/purgeOrder.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { ReleaseError } from "./errors.ts";
import { FUNCTION_NAME } from "./functionManifest.ts";
import { parseJson } from "./manifest.ts";
import { TIME, WHO_LENGTH_MAX } from "./releasedFunction.ts";
import * as shape from "./shape.ts";
import { type ReleaseSigner, SIGNATURE, signed } from "./signature.ts";
import type { ReleaseStore } from "./store.ts";

/** The layout of `control/<n>.json` that this code writes and reads. */
export const CONTROL_SCHEMA = 1;
/** Largest entry, bytes: a URL of 8 KB and room. */
export const CONTROL_BYTES_MAX = 16_384;

const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };
const ATTEMPTS = 100;

/** What every node is told to do once. */
export type ControlCommand =
  | { readonly kind: "purge"; readonly order: PurgeCommand }
  /** Ends the function's quarantine. */
  | { readonly kind: "lift"; readonly function: string };

/** `control/<n>.json`: immutable, numbered without gaps from 1. */
export type ControlEntry = ControlCommand & {
  readonly schema: number;
  readonly n: number;
  readonly at: string;
  readonly by: string;
  /** As a pointer's. */
  readonly signature: string | null;
};

/**
 * Tells all nodes to do something, now or when they are back.
 *
 * @throws ReleaseError when the command is none, or the store is away.
 */
export async function appendControl(
  store: ReleaseStore,
  command: ControlCommand,
  { by, signer }: { readonly by: string; readonly signer: ReleaseSigner | null },
): Promise<ControlEntry> {
  const at = new Date().toISOString();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const n = (await store.newestControl()) + 1;
    const entry = signed({ schema: CONTROL_SCHEMA, n, at, by, ...command }, signer);
    validateControlEntry(entry);
    const bytes = Buffer.from(canonicalJson(entry));
    if (await store.writeControl(n, bytes)) return entry;
  }
  const what = `${ATTEMPTS} numbers in a row were taken by others; try again`;
  throw new ReleaseError("ERR_RELEASE_CONFLICT", `${store.where}/control`, what);
}

/** @throws ReleaseError naming the key path, the value and what was expected. */
export function readControlEntry(n: number, bytes: Uint8Array): ControlEntry {
  const where = `control/${n}.json`;
  const entry = validateControlEntry(parseJson(bytes, where));
  if (entry.n !== n) throw new ReleaseError("ERR_RELEASE_HASH", where, `calls itself entry ${entry.n}`);
  return entry;
}

function validateControlEntry(value: unknown): ControlEntry {
  const { schema, kind } = shape.dictionary(value, "control");
  if (schema !== CONTROL_SCHEMA) {
    const what = `schema ${JSON.stringify(schema)} is not ${CONTROL_SCHEMA}; update this node's runner`;
    throw new ReleaseError("ERR_RELEASE_SCHEMA", "control", what);
  }
  const wanted = shape.oneOf(kind, "control.kind", ["purge", "lift"]);
  const own = wanted === "purge" ? "order" : "function";
  const keys = ["schema", "n", "at", "by", "kind", "signature", own] as const;
  const fields: Record<string, unknown> = shape.record(value, keys, "control");
  shape.integer(fields.n, "control.n", COUNTER);
  shape.matching(fields.at, "control.at", TIME);
  shape.text(fields.by, "control.by", WHO_LENGTH_MAX);
  if (fields.signature !== null) shape.matching(fields.signature, "control.signature", SIGNATURE);
  if (wanted === "lift") shape.matching(fields.function, "control.function", FUNCTION_NAME);
  else checkOrder(fields.order);
  return value as ControlEntry;
}

function checkOrder(order: unknown): void {
  try {
    parsePurgeOrder(order);
  } catch (cause) {
    throw new ReleaseError("ERR_RELEASE_SHAPE", "control.order", (cause as Error).message, { cause });
  }
}
