import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";

const LINGERS = `export default { fetch(request, env, ctx) {
  ctx.waitUntil(fetch(env.ORIGIN).then((held) => held.text()));
  return new Response("answered");
} };`;

describe("work given to waitUntil", () => {
  let runner: TestRunner;
  const held: ServerResponse[] = [];
  const origin = createServer((_, response) => void held.push(response));
  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const env = { ORIGIN: `http://127.0.0.1:${port}` };
    await runner.deploy({ narrow: { code: LINGERS, env, routes: ["/narrow"], limits: { concurrency: 2 } } });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
    origin.closeAllConnections();
  });

  it("goes on beside requests up to the function's concurrency; above it, requests wait and none is lost", async () => {
    let answered = 0;
    const requests = Array.from({ length: 12 }, async () => {
      const { status, body } = await runner.fetch("/narrow");
      assert.deepEqual([status, body], [200, "answered"]);
      answered++;
    });
    let most = 0;
    for (let ended = 0; ended < 12; ended++) {
      await until("work goes on at the origin", () => held.length > 0);
      most = Math.max(most, held.length);
      held.shift()?.end();
    }
    await Promise.all(requests);
    assert.equal(answered, 12);
    assert.ok(most <= 4, `${most} went on at once`);
  });
});
