import { writeFileSync } from "node:fs";
import { CLI_PAGE, cliPage } from "./reference.ts";

writeFileSync(CLI_PAGE, await cliPage());
