import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "../../runner/runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "../../runner/runnerProcesses.ts";

/** Each does its operation, then waits for as long as the key `mode` says so. */
const CODE = `export default { async fetch(request, { NOTES }) {
  const { searchParams } = new URL(request.url);
  if (searchParams.has("mode")) { await NOTES.put("mode", searchParams.get("mode")); return new Response("set"); }
  if (searchParams.has("write")) await NOTES.put("written", "x");
  const mode = await NOTES.get("mode"); await NOTES.get(searchParams.get("mark"));
  if (mode === "wait") await new Promise(() => {});
  return new Response(mode);
} };`;

describe("a request whose worker was killed", linuxOnly, () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const bindings = { NOTES: { kind: "kv", name: "notes" } } as const;
    const limits = { wallMs: 30_000 };
    await runner.deploy({
      reads: { code: CODE, routes: ["/reads"], bindings, limits },
      writes: { code: CODE, routes: ["/writes"], bindings, limits },
      // In a process of its own, so that it lives on.
      switch: { code: CODE, routes: ["/switch"], bindings, isolation: "private" },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  const operations = async (name: string) =>
    (await runner.metrics()).sum("edge_runner_binding_operations_total", { function: name, operation: "get" });

  /** Answers of a request that had done its operations when its worker died. */
  async function killed(name: string, query: string) {
    assert.equal((await runner.fetch("/switch?mode=wait")).status, 200);
    // One that is killed before it is up leaves what holds it behind.
    await until("both shared workers are up", async () => (await runner.metrics()).sum("edge_runner_workers") >= 2);
    const before = await operations(name);
    const answer = runner.fetch(`/${name}?mark=a&${query}`);
    await until("it has done what it does", async () => (await operations(name)) >= before + 2);
    assert.equal((await runner.fetch("/switch?mode=go")).status, 200);
    for (const pid of runnerProcesses(runner.process?.pid as number, "worker")) process.kill(pid, "SIGKILL");
    return answer;
  }

  it("is run again when it has only read from its bindings", async () => {
    const { status, body } = await killed("reads", "");
    assert.deepEqual([status, body], [200, "go"]);
  });

  it("is not run again when it has written, and its answer says so", async () => {
    const { status, body } = await killed("writes", "write=1");
    assert.deepEqual([status, JSON.parse(body).error.code], [502, "ERR_WORKER_LOST"]);
  });
});
