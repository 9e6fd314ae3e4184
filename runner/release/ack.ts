import * as shape from "./shape.ts";
import { validateSplitReports } from "./splitReport.ts";
import type { Ack } from "./types.ts";

/** Largest `acks/<node>.json`, bytes: 2,000 functions with a reason each. */
export const ACK_BYTES_MAX = 4 * 1024 * 1024;
/** Reasons are cut to this many characters. */
export const REASON_LENGTH_MAX = 1_000;

export const NODE_NAME = {
  regex: /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  gloss: "a node's name: up to 128 letters, digits, `.`, `_` and `-`",
};

const COUNTER = { min: 1, max: Number.MAX_SAFE_INTEGER };

/**
 * An ack, whatever else newer code says in it: a node of another version is still heard.
 *
 * @throws ReleaseError `ERR_RELEASE_SHAPE` naming the key path.
 */
export function validateAck(value: unknown): Ack {
  const fields = shape.dictionary(value, "ack");
  shape.matching(fields.node, "ack.node", NODE_NAME);
  shape.text(fields.region, "ack.region", 63);
  if (fields.generation !== null) shape.integer(fields.generation, "ack.generation", COUNTER);
  if (fields.release !== null) shape.integer(fields.release, "ack.release", COUNTER);
  shape.text(fields.at, "ack.at", 40);
  for (const [name, status] of Object.entries(shape.dictionary(fields.functions, "ack.functions"))) {
    const { version, status: word, reason } = shape.dictionary(status, `ack.functions.${name}`);
    shape.text(version, `ack.functions.${name}.version`, 64);
    shape.oneOf(word, `ack.functions.${name}.status`, ["active", "refused"]);
    if (reason !== undefined) shape.text(reason, `ack.functions.${name}.reason`, REASON_LENGTH_MAX);
  }
  const { control = 0, refused } = fields;
  shape.integer(control, "ack.control", { min: 0, max: Number.MAX_SAFE_INTEGER });
  if (fields.splits !== undefined) validateSplitReports(fields.splits, "ack.splits");
  if (refused !== null) {
    const { generation, reason } = shape.dictionary(refused, "ack.refused");
    shape.integer(generation, "ack.refused.generation", COUNTER);
    shape.text(reason, "ack.refused.reason", REASON_LENGTH_MAX);
  }
  return { ...(value as Ack), control: control as number };
}
