import type * as z from "zod";
import type { KeyPath } from "./problems.ts";

/** The keys that a schema has at a path; none when it has no fixed keys there. */
export function knownKeys(schema: z.core.$ZodType, path: KeyPath): string[] {
  const at = path.reduce<z.core.$ZodType | undefined>((inner, key) => inner && child(unwrap(inner), key), schema);
  const def = at && unwrap(at)._zod.def;
  return def?.type === "object" ? Object.keys((def as z.core.$ZodObjectDef).shape) : [];
}

function child(schema: z.core.$ZodType, key: string | number): z.core.$ZodType | undefined {
  const { def } = schema._zod;
  if (def.type === "object") return (def as z.core.$ZodObjectDef).shape[key];
  if (def.type === "record") return (def as z.core.$ZodRecordDef).valueType;
  if (def.type === "array") return (def as z.core.$ZodArrayDef).element;
  return undefined;
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod;
  return "innerType" in def ? unwrap(def.innerType as z.core.$ZodType) : schema;
}
