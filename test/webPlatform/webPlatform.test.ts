import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type TestFunction, TestRunner } from "../../runner/runnerFixture.ts";
import { caseFiles } from "./caseFile.ts";
import { type CaseResult, expectedFailures, expectedInterfaces, surprises } from "./expectations.ts";
import { type Origin, startOrigin } from "./origin.ts";
import { type Rate, rateOf, table, total } from "./rates.ts";

/** Tables of thousands of cases run as one request. */
const LIMITS = { cpuMs: 30_000, wallMs: 30_000, startMs: 5_000, timers: 10_000, subRequests: 1_000 };

/** Of what is not as expected, in the message. */
const LINES_MAX = 100;

const files = caseFiles().map((file, index) => ({ ...file, function: `cases-${index}` }));
const interfaces = [...new Set(files.map(({ api }) => api))].sort();

describe("the Web platform", () => {
  let runner: TestRunner;
  let origin: Origin;
  const rates: Rate[] = [];

  before(async () => {
    origin = await startOrigin();
    runner = new TestRunner({ workers: 1, origins: [{ host: origin.host, port: origin.port }] });
    await runner.start();
    const entries = files.map(async (file): Promise<[string, TestFunction]> => {
      const code = await file.code();
      return [file.function, { code, routes: [`/${file.function}`], limits: LIMITS, env: { ORIGIN: origin.url } }];
    });
    await runner.deploy(Object.fromEntries(await Promise.all(entries)));
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin[Symbol.dispose]();
    process.stdout.write(`\n${table(rates)}\n\n`);
    const { EDGE_TEST_JSON } = process.env;
    if (EDGE_TEST_JSON) writeFileSync(EDGE_TEST_JSON, JSON.stringify({ rates, all: total(rates) }, null, 2));
  });

  for (const api of interfaces) {
    it(`does what the standards say: ${api}`, async () => {
      const results: CaseResult[] = [];
      for (const file of files.filter((found) => found.api === api)) {
        const { status, body } = await runner.fetch(`/${file.function}`);
        assert.equal(status, 200, `${file.path}: ${body}`);
        results.push(...(JSON.parse(body) as CaseResult[]));
      }
      const expected = expectedFailures(api);
      rates.push(rateOf(api, results, expected));
      assert.ok(results.length > 0, "there are cases");
      const names = results.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length, "no name is there twice");
      const lines = surprises(results, expected);
      if (lines.length > 0) assert.fail([`${lines.length} surprises`, ...lines.slice(0, LINES_MAX)].join("\n"));
    });
  }

  it("has expectations for nothing but its interfaces", () => {
    assert.deepEqual(
      expectedInterfaces().filter((api) => !interfaces.includes(api)),
      [],
    );
  });
});
