import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, it } from "node:test";
import { ensureTestProgram } from "../../tools/setup/goProgram.mjs";
import { TestNode } from "../node/testNode.ts";

/** Both sections of h2spec 2.2.1, with `--strict`. */
const TESTS = 146;
const node = new TestNode();

before(async () => {
  await ensureTestProgram("h2spec");
  await node.start({
    any: { code: "export default { fetch: () => new Response('hello '.repeat(50)) };", routes: ["/*"] },
  });
});
after(() => node[Symbol.asyncDispose]());

it("h2spec finds no fault in the door", async () => {
  assert.deepEqual(await h2spec(), { tests: TESTS, failures: [] });
});

async function h2spec(): Promise<{ tests: number; failures: string[] }> {
  const program = await ensureTestProgram("h2spec");
  const { address, ports } = node.config;
  const args = ["--host", address, "--port", `${ports.https}`, "--tls", "--insecure", "--strict", "--timeout", "10"];
  const output = await new Promise<string>((resolve) => execFile(program, args, (_error, stdout) => resolve(stdout)));
  const tests = Number(/^(\d+) tests, /m.exec(output)?.[1]);
  const failures = [...output.matchAll(/^ +× \d+: (.*)$/gm)].map(([, name]) => name as string);
  return { tests, failures: [...new Set(failures)] };
}
