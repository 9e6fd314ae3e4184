import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TestRunner } from "../../runner/runnerFixture.ts";
import { functionCode } from "./caseFile.ts";
import { type CaseResult, surprises } from "./expectations.ts";
import { rateOf, table } from "./rates.ts";

const RESULTS: CaseResult[] = [
  { name: "good", status: "PASS", message: "" },
  { name: "bad", status: "FAIL", message: "expected 1, got 2" },
  { name: "late", status: "TIMEOUT", message: "did not end in time" },
  { name: "not there", status: "PRECONDITION_FAILED", message: "optional" },
];

describe("the expectations of the Web platform's cases", () => {
  it("name failures that nobody expected, passes that nobody expected, and cases that are no more", () => {
    const expected = new Map([
      ["bad", "why"],
      ["good", "why"],
      ["gone", "why"],
    ]);
    assert.deepEqual(surprises(RESULTS, expected), [
      'PASS, but expected to fail: "good"',
      'TIMEOUT "late": did not end in time',
      'expected to fail, but no case: "gone"',
    ]);
  });

  it("are counted apart, and no expected failure is a pass", () => {
    const rate = rateOf("URL", RESULTS, new Map([["bad", "why"]]));
    assert.deepEqual(rate, { interface: "URL", cases: 3, passed: 1, expectedFailures: 1, passRate: 33.33 });
    assert.match(table([rate]), /^URL +3 +1 +1 +33\.33 %$/m);
  });
});

describe("the harness in an isolate", () => {
  it("says of every case what came of it", async () => {
    await using runner = new TestRunner({ workers: 1 });
    await runner.start();
    const code = await functionCode(join(import.meta.dirname, "harness"), "sample.any.js");
    await runner.deploy({ sample: { code, routes: ["/"] } });
    const { body } = await runner.fetch("/");
    const found = (JSON.parse(body) as CaseResult[]).map(({ name, status, message }) => [name, status, message]);
    const interfaces = found.splice(found.findIndex(([name]) => name?.startsWith("Sample")));
    assert.deepEqual(found, [
      ["good", "PASS", ""],
      ["not equal", "FAIL", "expected 2, got 1"],
      ["does not throw", "FAIL", "did not throw"],
      ["returns an error", "FAIL", "did not throw"],
      ["DOMException", "PASS", ""],
      ["another DOMException", "FAIL", "threw AbortError: This operation was aborted, not a SyntaxError"],
      ["optional", "PRECONDITION_FAILED", "not there"],
      ["the sample", "PASS", ""],
      ["the sample (2)", "PASS", ""],
      ["ends later", "PASS", ""],
      ["fails later", "FAIL", "no: reached what must not be"],
      ["first", "PASS", ""],
      ["second", "PASS", ""],
      ["promise tests run in turn", "PASS", ""],
      ["is not rejected", "FAIL", "fulfilled with undefined"],
      ["clean-up fails", "FAIL", "the clean-up threw Error: left over"],
    ]);
    assert.deepEqual(
      interfaces.filter(([, status]) => status === "FAIL").map(([name]) => name),
      ["Sample: attribute size", "Sample: operation notThere"],
    );
  });
});
