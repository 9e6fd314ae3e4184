import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../runnerFixture.ts";

/** What is called, and the lines that the function's log has of it: level and message. */
const CASES: readonly (readonly [code: string, lines: readonly (readonly [level: string, message: string])[]])[] = [
  ['console.log("a", 1, true, null, undefined)', [["info", "a 1 true null undefined"]]],
  [
    'console.debug("d"); console.info("i"); console.warn("w"); console.error("e")',
    [
      ["debug", "d"],
      ["info", "i"],
      ["warn", "w"],
      ["error", "e"],
    ],
  ],
  [
    'console.log("%s is %d years and %i, %f%% %c%o", "x", "5.7", 5.7, "1.5", "css", { a: "b" }, "rest")',
    [["info", 'x is 5 years and 5, 1.5% {"a":"b"} rest']],
  ],
  ['console.log("%s %d", "only one")', [["info", "only one %d"]]],
  [
    'console.log({ a: [1, "x", { b: undefined }], [Symbol("s")]: 1n })',
    [["info", '{"a":[1,"x",{"b":undefined}],[Symbol(s)]:1n}']],
  ],
  [
    'console.log(new Map([["k", new Set([1])]]), new Date(0), /x/g, () => {}, new (class Own { x = -0; })(), new Uint8Array(2))',
    [
      [
        "info",
        'Map(1) {"k" => Set(1) {1}} "1970-01-01T00:00:00.000Z" /x/g [Function] Own {"x":-0} Uint8Array(2) [0,0]',
      ],
    ],
  ],
  [
    'const o = {}; o.self = o; console.log(o, new URL("https://a.example"))',
    [["info", '{"self":[Circular]} "https://a.example/"']],
  ],
  ['console.log({ get x() { throw new Error("no"); } })', [["info", "[object Object]"]]],
  [
    'console.assert(true, "no"); console.assert(false); console.assert(false, "%s!", "why")',
    [
      ["error", "Assertion failed"],
      ["error", "Assertion failed: why!"],
    ],
  ],
  [
    'console.count(); console.count("x"); console.count(); console.countReset(); console.count(); console.countReset("none")',
    [
      ["info", "default: 1"],
      ["info", "x: 1"],
      ["info", "default: 2"],
      ["info", "default: 1"],
      ["warn", "Count for none does not exist"],
    ],
  ],
  [
    'console.group("outer"); console.warn("in\\nside"); console.group(); console.log("deep"); console.groupEnd(); console.groupEnd(); console.log("out")',
    [
      ["info", "outer"],
      ["warn", "  in\n  side"],
      ["info", "    deep"],
      ["info", "out"],
    ],
  ],
  [
    'console.table([{ a: 1, b: "x" }, { a: 2 }], ["a"])',
    [["info", "(index) | a\n--------|--\n0       | 1\n1       | 2"]],
  ],
  [
    'console.time("t"); console.timeEnd("t"); console.timeEnd("t")',
    [
      ["info", "t: 0 ms"],
      ["warn", "Timer t does not exist"],
    ],
  ],
];

const CODE = `const cases = [${CASES.map(([code]) => `() => { ${code} }`).join(",\n")}];
export default { async fetch(request) {
  const { searchParams } = new URL(request.url);
  if (searchParams.has("timer")) { setTimeout(() => { throw new RangeError("of a timer"); }, 0); await new Promise((resolve) => setTimeout(resolve, 5)); }
  else if (searchParams.has("rejection")) { Promise.reject(new RangeError("of a promise")); await new Promise((resolve) => setTimeout(resolve, 5)); }
  else cases[Number(searchParams.get("n"))]();
  return new Response("done");
} };`;

describe("the console", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy({ talker: { code: CODE, routes: ["/"] } });
  });
  after(() => runner[Symbol.asyncDispose]());

  function linesOf(requestId: string): unknown[] {
    return runner.lines.filter((line) => line.requestId === requestId && line.function === "talker");
  }

  for (const [index, [code, expected]] of CASES.entries()) {
    it(code, async () => {
      const id = `console-${index}`;
      await runner.fetch(`/?n=${index}`, { headers: { "x-request-id": id } });
      await until("the lines come", () => linesOf(id).length >= expected.length);
      assert.deepEqual(
        linesOf(id).map((line) => [(line as { level: string }).level, (line as { message: string }).message]),
        expected,
      );
    });
  }

  it("has what a timer throws, and what a promise rejects with and nobody takes", async () => {
    for (const [kind, text] of [
      ["timer", "RangeError: of a timer"],
      ["rejection", "RangeError: of a promise"],
    ] as const) {
      const id = `uncaught-${kind}`;
      assert.equal((await runner.fetch(`/?${kind}`, { headers: { "x-request-id": id } })).body, "done");
      await until("the line comes", () => linesOf(id).length > 0);
      const [line] = linesOf(id) as { level: string; message: string }[];
      assert.equal(line?.level, "error");
      assert.ok(line?.message.startsWith(text), line?.message);
    }
  });
});
