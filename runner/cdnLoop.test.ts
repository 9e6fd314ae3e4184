import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { LOOPS_MAX, loopEntry, loopsOf, withLoops } from "./cdnLoop.ts";
import { TestRunner, until } from "./runnerFixture.ts";

describe("the header CDN-Loop", () => {
  it("counts the fleet's own entries, with parameters or without, whatever others wrote", () => {
    assert.equal(loopsOf(undefined), 0);
    assert.equal(loopsOf("other, edge-fleet-too, cdn.example:443;edge-fleet"), 0);
    assert.equal(loopsOf('edge-fleet, other;a="b",EDGE-FLEET ; v=1,edge-fleet'), 3);
  });

  it("is taken from the request, not from the function, and gets one entry more on its way out", () => {
    const request = [
      ["accept", "*/*"],
      ["cdn-loop", "other"],
      ["cdn-loop", "edge-fleet"],
    ] as const;
    const own = [
      ["CDN-Loop", "forged"],
      ["x-own", "1"],
    ] as const;
    const headers = withLoops(own, request);
    assert.deepEqual(headers, [
      ["x-own", "1"],
      ["cdn-loop", "other"],
      ["cdn-loop", "edge-fleet"],
    ]);
    assert.deepEqual(loopEntry(headers), ["cdn-loop", "other, edge-fleet, edge-fleet"]);
    assert.deepEqual(loopEntry([]), ["cdn-loop", "edge-fleet"]);
  });
});

const ASKS_ITSELF = `export default { async fetch(request, env) {
  const answer = await fetch(env.FLEET + "/itself", { headers: { "cdn-loop": "none", "CDN-LOOP": "" } });
  return new Response(await answer.text(), answer);
} };`;

describe("a function that asks for its own fleet", () => {
  let runner: TestRunner;
  const seen: (string | string[] | undefined)[] = [];
  /** The fleet's public name: whatever comes goes to the runner. */
  const front = createServer((request, response) => {
    seen.push(request.headers["cdn-loop"]);
    const { method, url: path, headers } = request;
    const inner = httpRequest({ socketPath: runner.config.data, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
      answer.pipe(response);
    });
    request.pipe(inner);
  });
  before(async () => {
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    const { port } = front.address() as AddressInfo;
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const env = { FLEET: `http://127.0.0.1:${port}` };
    await runner.deploy({ itself: { code: ASKS_ITSELF, env, routes: ["/itself"] } });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    front.close();
    front.closeAllConnections();
  });

  it("is refused after a few rounds, whatever it does to its headers", async () => {
    const { status, body } = await runner.fetch("/itself", { headers: { "cdn-loop": "other;a=1" } });
    const { error } = JSON.parse(body);
    assert.deepEqual([status, error.code], [508, "ERR_LOOP"]);
    assert.match(error.message, /5 times/);
    const entries = Array.from({ length: LOOPS_MAX + 1 }, (_, index) => index + 1);
    assert.deepEqual(
      seen,
      entries.map((count) => `other;a=1${", edge-fleet".repeat(count)}`),
    );
    const labels = { function: "itself", code: "ERR_LOOP" };
    assert.equal((await runner.metrics()).sum("edge_runner_errors_total", labels), 1);
    await until("it is logged", () => runner.line("a request went through functions too often") !== undefined);
  });
});
