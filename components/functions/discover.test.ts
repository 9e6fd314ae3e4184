import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { projectOf } from "./buildFixture.ts";
import { discoverFunctions } from "./discover.ts";

describe("discovering functions", () => {
  test("takes TypeScript files beside tests, declarations and folders", async (t) => {
    const names = ["b-2.ts", "a.ts", "a.test.ts", "types.d.ts", "notes.md", "shared/Helper.ts"];
    const project = await projectOf(t, Object.fromEntries(names.map((name) => [`functions/${name}`, ""])));
    assert.deepEqual(discoverFunctions(project), ["a", "b-2"]);
    assert.deepEqual(discoverFunctions(join(project, "functions")), [], "no folder, no functions");
  });

  test("names every file that cannot be a function", async (t) => {
    const project = await projectOf(t, { "functions/Upper.ts": "", "functions/2nd.ts": "", "functions/ok.ts": "" });
    assert.throws(() => discoverFunctions(project), /functions\/2nd\.ts.*\n.*functions\/Upper\.ts.*lower-case letter/);
  });
});
