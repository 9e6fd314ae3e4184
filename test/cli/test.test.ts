import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TestProject } from "./edgeCommand.ts";

const STACK = `config:
  edge-fleet:target: local
  edge-fleet:domain: edge.test
  edge-fleet:regions:
    eu-central-1: { continents: [EU, AF, NA, SA, AN, AS, OC], default: true, address: 127.0.3.1 }
  edge-fleet:functions:
    notes:
      env: { TITLE: Notes }
      limits: { cpuMs: 100 }
      bindings: { STORE: { kv: notes } }
`;
const NOTES = `export default {
  async fetch(request: Request, env: { TITLE: string; STORE: { get(key: string): Promise<string | null>; put(key: string, value: string): Promise<void> } }) {
    if (request.method === "PUT") await env.STORE.put("note", await request.text());
    return new Response(env.TITLE + ": " + (await env.STORE.get("note")));
  },
};
`;
const NOTES_TEST = `import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it, test } from "node:test";
import { testEnv } from "edge-fleet/test";
import notes from "./notes.ts";

const heard: string[] = [];
before(() => void heard.push("before"));
after(() => {
  throw new Error("in the end");
});
describe("notes", () => {
  before(() => void heard.push("suite"));
  beforeEach(() => void heard.push("each"));
  afterEach(() => void heard.push("each after"));
  it("keeps one in the real store", async () => {
    await notes.fetch(new Request("https://edge.test/", { method: "PUT", body: "milk" }), testEnv());
    const response = await notes.fetch(new Request("https://edge.test/"), testEnv());
    assert.equal(await response.text(), "Notes: milk");
    assert.deepEqual(heard, ["before", "suite", "each"]);
  });
  it("is not Node", (t) => {
    assert.equal("process" in globalThis, false);
    t.diagnostic("from inside");
    return t.test("inner", () => assert.deepEqual(heard.at(-2), "each after"));
  });
  it.skip("is left out", () => assert.fail());
  it("comes later", { todo: true }, () => assert.fail("not yet"));
  it("spins", () => {
    for (;;);
  });
});
test("tells what differs, and where", () => {
  assert.deepEqual(
    new Map([["a", { b: [1, 2, 3] }]]),
    new Map([["a", { b: [1, 2, 4] }]]),
  );
});
test("goes on after a limit", async () => {
  assert.notEqual(1, 2);
  assert.match("abc", /b/);
  assert.throws(() => JSON.parse("{"), SyntaxError);
  await assert.rejects(Promise.reject(new TypeError("no")), { name: "TypeError", message: /n/ });
  assert.throws(() => assert.ok(0), /truthy/);
  assert.throws(() => assert.throws(() => {}), /Missing expected exception/);
  assert.throws(() => assert.equal(NaN, 0), { code: "ERR_ASSERTION", actual: NaN, expected: 0 });
  assert.deepEqual([NaN, new Date(0), new Uint8Array([1]), undefined], [NaN, new Date(0), new Uint8Array([1]), undefined]);
  assert.notDeepEqual({ a: 1 }, { a: "1" });
});
`;

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly todo: number;
  readonly tests: readonly { name: string; status: string; message: string | null; frames: readonly string[] }[];
  readonly nodeOnly: Readonly<Record<string, string>>;
}

describe("edge test", { timeout: 120_000 }, () => {
  it("runs tests in an isolate with what their function has, each within limits of its own", async () => {
    using project = new TestProject({ stack: STACK });
    project.write("functions/notes.ts", NOTES);
    project.write("functions/notes.test.ts", NOTES_TEST);
    project.write("functions/node.test.ts", 'import "node:fs";\n');
    const { code, stdout } = await project.edge(["test", "--json"]);
    const report = JSON.parse(stdout) as Report;
    const of = (name: string) => report.tests.find((test) => test.name === name);
    assert.equal(code, 1);
    assert.deepEqual(report.nodeOnly, { "functions/node.test.ts": "node:fs" });
    assert.equal(of("notes > keeps one in the real store")?.message, null);
    assert.equal(of("notes > is not Node")?.message, null);
    assert.equal(of("notes > is left out")?.status, "skipped");
    assert.equal(of("notes > comes later")?.status, "todo");
    assert.match(of("notes > spins")?.message ?? "", /^ERR_LIMIT_CPU_MS: /);
    const differs = of("tells what differs, and where");
    assert.match(differs?.message ?? "", /\+ +.*3.*\n.*- +.*4/s);
    const line = NOTES_TEST.split("\n").findIndex((row) => row.endsWith("assert.deepEqual(")) + 1;
    assert.equal(differs?.frames[0], `at functions/notes.test.ts:${line}:10`);
    assert.equal(of("goes on after a limit")?.message, null);
    assert.equal(of("after hooks")?.message, "in the end");
    assert.deepEqual([report.passed, report.failed, report.skipped, report.todo], [3, 3, 1, 1]);
  });

  it("runs only what is asked for, and ends with 1 where that is nothing", async () => {
    using project = new TestProject({ stack: STACK });
    project.write("functions/notes.ts", NOTES);
    project.write("functions/notes.test.ts", NOTES_TEST);
    const one = await project.edge(["test", "functions/notes.test.ts", "--filter", "real store"]);
    assert.match(
      one.stdout,
      /^functions\/notes\.test\.ts\n {2}✓ notes > keeps one in the real store \d+ ms\n {2}✗ after hooks/,
    );
    assert.match(one.stdout, /in the end\n {6}at functions\/notes\.test\.ts:9:9/);
    assert.match(one.stdout, /\n1 passed, 1 failed\n$/);
    assert.equal(one.code, 1);
    const none = await project.edge(["test", "--filter", "nothing like it"]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /no test has "nothing like it" in its name/);
  });

  it("tells every file that cannot be bundled or started by its place", async () => {
    using project = new TestProject({ stack: STACK });
    project.write("functions/notes.ts", NOTES);
    project.write("functions/one.test.ts", "const = 1;\n");
    project.write("functions/two.test.ts", 'import "./nowhere.ts";\n');
    const broken = await project.edge(["test"]);
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /functions\/one\.test\.ts:1:7: /);
    assert.match(broken.stderr, /functions\/two\.test\.ts:1:8: /);
    project.write("functions/three.test.ts", 'import "node:test";\nthrow new Error("at the top");\n');
    const thrown = await project.edge(["test", "functions/three.test.ts"]);
    assert.equal(thrown.code, 1);
    assert.match(thrown.stderr, /functions\/three\.test\.ts: .*at the top \[functions\/three\.test\.ts:2:\d+\]/);
    project.write("functions/node.test.ts", 'import "node:fs";\n');
    assert.equal((await project.edge(["test", "functions/node.test.ts"])).code, 1);
    const absent = await project.edge(["test", "functions/absent.test.ts"]);
    assert.equal(absent.code, 2);
    assert.match(absent.stderr, /absent\.test\.ts: there is no such file or folder/);
  });
});
