import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { CLI_PAGE, cliPage } from "./reference.ts";

it("docs/cli.md is what the commands say", async () => {
  assert.equal(readFileSync(CLI_PAGE, "utf8"), await cliPage(), "run `npm run reference`");
});
