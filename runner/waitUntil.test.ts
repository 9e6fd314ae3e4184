import assert from "node:assert/strict";
import { createServer, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";

const LINGERS = `export default { fetch(request, env, ctx) {
  ctx.waitUntil(fetch(env.ORIGIN).then((held) => held.text()));
  return new Response("answered");
} };`;

/** Waits for its client to go, and then wants more timers than it may have. */
const ABANDONED = `export default { fetch(request, env, ctx) {
  ctx.waitUntil(new Promise((resolve) => request.signal.addEventListener("abort", () => {
    try { for (;;) setTimeout(() => {}, 1e6); } catch (error) { resolve(error.constructor.name); }
  })));
  console.log("begun");
  return new Promise(() => {});
} };`;

/** Goes on when its request is over, without having asked for that. */
const FLOATING = `let seen = [];
export default { fetch(request) {
  if (request.url.endsWith("?seen")) return Response.json(seen);
  (async () => {
    for (let turn = 0; turn < 20; turn++) await null;
    for (const use of [() => setTimeout(() => {}, 1), () => fetch("http://a.example"), () => crypto.subtle.digest("SHA-1", new Uint8Array(1e5))]) {
      try { await use(); seen.push("taken"); } catch (error) { seen.push(error.message.replace(/^.* works/, "works")); }
    }
  })();
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
    await runner.deploy({
      narrow: { code: LINGERS, env, routes: ["/narrow"], limits: { concurrency: 2 } },
      abandoned: { code: ABANDONED, routes: ["/abandoned"], limits: { timers: 5 } },
      floating: { code: FLOATING, routes: ["/floating"] },
    });
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

  it("has its limits counted though its client has gone", async () => {
    const client = request({ socketPath: runner.config.data, path: "/abandoned", headers: { host: "edge.example" } });
    client.on("error", () => {}).end();
    await until("it has begun", () => runner.line("begun") !== undefined);
    client.destroy();
    const fired = { function: "abandoned", limit: "timers" };
    await until(
      "it is counted",
      async () => (await runner.metrics()).sum("edge_runner_limits_fired_total", fired) === 1,
    );
    const [line] = runner.lines.filter(({ message, limit }) => message === "a limit fired" && limit === "timers");
    assert.deepEqual([line?.function, line?.used], ["abandoned", 6]);
  });

  it("is what keeps a request open: what goes on without it may ask for nothing more", async () => {
    assert.equal((await runner.fetch("/floating")).body, "answered");
    const refused = "works inside a request only, and this one is over; ctx.waitUntil(promise) keeps one open";
    const seen = async () => JSON.parse((await runner.fetch("/floating?seen")).body);
    await until("it has gone on", async () => (await seen()).length === 3);
    assert.deepEqual(await seen(), [refused, refused, refused]);
  });
});
