import { writeFileSync } from "node:fs";
import { REFERENCE } from "./reference.ts";

for (const [file, page] of Object.entries(REFERENCE)) writeFileSync(file, page());
