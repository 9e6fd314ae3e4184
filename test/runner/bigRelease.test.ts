import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type TestFunction, TestRunner } from "../../runner/runnerFixture.ts";
import { linuxOnly } from "../../runner/runnerProcesses.ts";
import { holdingsOf, textOf } from "./figures.ts";
import { shortOrLong } from "./longRun.ts";

const FUNCTIONS = 2_000;
const ROUTES_EACH = 5;
const AT_ONCE = 16;
/** The short form asks a part of the functions, each of them a cold start. */
const ASKED = shortOrLong(300, FUNCTIONS);

function numbered(index: number): TestFunction {
  return {
    code: `export default { fetch: (request) => new Response("${index} " + new URL(request.url).pathname) };`,
    routes: [
      `/n/${index}`,
      `/n/${index}/items/:id`,
      `/files/${index}/*`,
      `GET /api/v1/t${index}/users/:user`,
      `n${index}.example.com/*`,
    ],
  };
}

describe("a release with 2,000 functions and 10,000 routes", linuxOnly, () => {
  it("is taken in, and its functions answer on each kind of their routes", async (t) => {
    await using runner = new TestRunner();
    await runner.start();
    const functions = Array.from({ length: FUNCTIONS }, (_, index) => [`n${index}`, numbered(index)] as const);
    const release = runner.writeRelease(Object.fromEntries(functions));
    const started = performance.now();
    const { status, body } = await runner.activate(release);
    const tookMs = performance.now() - started;
    assert.equal(status, 200, body.slice(0, 1_000));
    t.diagnostic(
      `${FUNCTIONS} functions, ${FUNCTIONS * ROUTES_EACH} routes: active after ${(tookMs / 1_000).toFixed(1)} s`,
    );

    const servedFrom = performance.now();
    let next = 0;
    const clients = Array.from({ length: AT_ONCE }, async () => {
      for (let asked = next++; asked < ASKED; asked = next++) {
        const index = Math.floor((asked * FUNCTIONS) / ASKED);
        const paths = [`/n/${index}`, `/n/${index}/items/7`, `/files/${index}/a/b`, `/api/v1/t${index}/users/x`];
        const path = paths[index % paths.length] as string;
        const answer = await runner.fetch(path);
        assert.deepEqual([answer.status, answer.body], [200, `${index} ${path}`]);
      }
    });
    await Promise.all(clients);
    const byHost = await runner.fetch("/any/where", { headers: { host: "n1999.example.com" } });
    assert.equal(byHost.body, "1999 /any/where");
    t.diagnostic(`${ASKED} answered once within ${((performance.now() - servedFrom) / 1_000).toFixed(1)} s`);

    const again = performance.now();
    const changed = { ...Object.fromEntries(functions), n7: { ...numbered(7), env: { CHANGED: "1" } } };
    await runner.deploy(changed);
    t.diagnostic(
      `a release that changes one function: active after ${((performance.now() - again) / 1_000).toFixed(1)} s`,
    );
    t.diagnostic(textOf(holdingsOf(runner.process?.pid as number)));
    assert.equal((await runner.fetch("/n/7")).status, 200);
  });
});
