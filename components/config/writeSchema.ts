import { writeFileSync } from "node:fs";
import { STACK_SCHEMAS, type StackKind, stackSchemaText } from "./stackSchema.ts";

for (const [kind, { file }] of Object.entries(STACK_SCHEMAS)) writeFileSync(file, stackSchemaText(kind as StackKind));
