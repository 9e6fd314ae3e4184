import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { buildFunctions } from "./build.ts";
import { configOf, projectOf } from "./buildFixture.ts";
import type { BundleError } from "./problems.ts";
import { validateFunctions } from "./validate.ts";

const GOOD = "export default { fetch: () => new Response() };";

describe("validating functions", () => {
  test("refuses those that cannot start, each by the place in its source", async (t) => {
    const project = await projectOf(t, {
      "functions/throws.ts": `const of: string = "the top";\n\n  throw new Error("at " + of);\n${GOOD}`,
      "functions/far.ts": `import "./shared/page.ts";\n${GOOD}`,
      "functions/shared/page.ts":
        "export const title: string = (globalThis as any).document.title;\nconsole.log(title);",
      "functions/none.ts": "export default { fetsh() {} };",
      "functions/loops.ts": `for (const a: string[] = []; ; ) a.length;\n${GOOD}`,
      "functions/fills.ts": `const a: string[][] = []; for (;;) a.push(new Array(100_000).fill("x"));\n${GOOD}`,
      "functions/good.ts": GOOD,
    });
    const configs = ["throws", "far", "none", "loops", "fills", "good"].map(configOf);
    const manifests = await buildFunctions(project, configs, "out");
    await assert.rejects(validateFunctions(project, manifests, "out"), ({ problems, message }: BundleError) => {
      const told = problems.map(({ at, problem, remedy }) => `${at} | ${problem} | ${remedy}`).toSorted();
      const expected = [
        /^functions\/fills\.ts \| it cannot start: .*heapMb: 128 \| .*edge-fleet:functions\.fills\.limits\.heapMb/,
        /^functions\/loops\.ts \| it cannot start: .*startMs: 1000 of CPU time \| .*functions\.loops\.limits\.startMs/,
        /^functions\/none\.ts \| it cannot start: the module exports no handler/,
        /^functions\/shared\/page\.ts:1:\d+ \| it cannot start: TypeError/,
        /^functions\/throws\.ts:3:9 \| it cannot start: Error: at the top \| /,
      ];
      assert.equal(told.length, expected.length, message);
      for (const [index, pattern] of expected.entries()) assert.match(String(told[index]), pattern);
      return true;
    });
    assert.deepEqual(
      (await readdir(join(project, "out/started"))).map((name) => name.split("-").at(-2)),
      ["good"],
    );
  });

  test("tries each version once", async (t) => {
    const project = await projectOf(t, { "functions/good.ts": GOOD });
    const manifests = await buildFunctions(project, [configOf("good")], "out");
    await validateFunctions(project, manifests, "out");
    // Without its modules a second try would fail.
    await rm(join(project, "out/modules"), { recursive: true });
    await validateFunctions(project, manifests, "out");
    await rm(join(project, "out/started"), { recursive: true });
    await assert.rejects(validateFunctions(project, manifests, "out"), /ENOENT/);
  });
});
