import type * as z from "zod";
import type { KeyPath } from "./problems.ts";

type Schema = z.core.$ZodType;

/** The keys that a schema has at a path; none when it has no fixed keys there. */
export function knownKeysAt(schema: Schema, path: KeyPath): string[] {
  const place = placeAt(schema, path);
  const def = place && unwrap(place)._zod.def;
  return def?.type === "object" ? Object.keys((def as z.core.$ZodObjectDef).shape) : [];
}

/** What a schema says of the value at a path, for people; empty when it says nothing. */
export function descriptionAt(schema: Schema, path: KeyPath): string {
  return (placeAt(schema, path) as z.ZodType | undefined)?.description ?? "";
}

function placeAt(schema: Schema, path: KeyPath): Schema | undefined {
  return path.reduce<Schema | undefined>((place, key) => place && child(unwrap(place), key), schema);
}

function child(schema: Schema, key: string | number): Schema | undefined {
  const { def } = schema._zod;
  if (def.type === "object") return (def as z.core.$ZodObjectDef).shape[key];
  if (def.type === "record") return (def as z.core.$ZodRecordDef).valueType;
  if (def.type === "array") return (def as z.core.$ZodArrayDef).element;
  return undefined;
}

/** What stands behind defaults and the like; of several forms the one that has keys. */
function unwrap(schema: Schema): Schema {
  const { def } = schema._zod;
  if (def.type === "union") {
    const forms = (def as z.core.$ZodUnionDef).options.map(unwrap);
    return forms.find((form) => form._zod.def.type === "object") ?? schema;
  }
  return "innerType" in def ? unwrap(def.innerType as Schema) : schema;
}
