import { writeFileSync } from "node:fs";
import { STACK_SCHEMA_FILE, stackSchemaText } from "./stackSchema.ts";

writeFileSync(STACK_SCHEMA_FILE, stackSchemaText());
