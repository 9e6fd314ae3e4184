import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

const CODE = `export default { async fetch(request, env, ctx) {
  const { searchParams } = new URL(request.url);
  if (!searchParams.has("never")) ctx.passThroughOnException();
  if (searchParams.has("read")) await request.text();
  if (searchParams.has("good")) return new Response("the function");
  if (searchParams.has("wrong")) return "no response";
  throw new Error("broken function");
} };`;

describe("passThroughOnException", () => {
  const origin = createServer((request, response) => {
    if (request.url?.startsWith("/moved")) {
      response.writeHead(302, { location: "/elsewhere" }).end();
      return;
    }
    response.writeHead(207, { "x-origin": "yes", "set-cookie": ["a=1", "b=2"] });
    response.write(`${request.method} ${request.url} ${request.headers["x-mine"]} `);
    request.pipe(response);
  });
  let runner: TestRunner;

  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const passThrough = `http://127.0.0.1:${port}`;
    await runner.deploy({
      broken: { code: CODE, routes: ["/*"], passThrough },
      alone: { code: CODE, routes: ["/alone"] },
      astray: { code: CODE, routes: ["/astray"], passThrough: "http://127.0.0.1:9" },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.closeAllConnections();
    origin.close();
  });

  it("sends the request to the origin when the handler throws: method, path, query, headers and body", async () => {
    const answer = await runner.fetch("/a//b?q=1", { method: "PUT", body: "content", headers: { "x-mine": "kept" } });
    assert.equal(answer.status, 207);
    assert.equal(answer.body, "PUT /a//b?q=1 kept content");
    assert.equal(answer.headers["x-origin"], "yes");
    assert.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
    await until("the exception is logged all the same", () =>
      runner.lines.some(({ message }) => `${message}`.includes("broken function")),
    );
  });

  it("takes a path that looks like another host as a path", async () => {
    assert.match((await runner.fetch("//other.example/x")).body, /^GET \/\/other\.example\/x /);
  });

  it("gives the origin's redirect to the client", async () => {
    const { status, headers } = await runner.fetch("/moved");
    assert.deepEqual([status, headers.location], [302, "/elsewhere"]);
  });

  it("brings a large body through", async () => {
    const client = new StreamClient(runner, "/large", { method: "POST", headers: { "x-mine": "m" } });
    client.request.end(Buffer.alloc(2 * 1024 * 1024, "z"));
    const { status, body, whole } = await client.read();
    assert.deepEqual([status, whole, body.length], [207, true, 2 * 1024 * 1024 + "POST /large m ".length]);
  });

  it("does nothing for a handler that answers, and for what is no exception", async () => {
    assert.equal((await runner.fetch("/?good")).body, "the function");
    const wrong = await runner.fetch("/?wrong");
    assert.deepEqual([wrong.status, JSON.parse(wrong.body).error.code], [502, "ERR_FUNCTION_RESPONSE"]);
  });

  it("answers with the typed error when it was not asked for, has no origin, cannot reach it, or the body has been read", async () => {
    const refused: [string, string | undefined][] = [
      ["/?never", undefined],
      ["/alone", undefined],
      ["/astray", undefined],
      ["/?read", "body"],
    ];
    for (const [path, body] of refused) {
      const { status, body: text } = await runner.fetch(path, body === undefined ? {} : { method: "POST", body });
      assert.deepEqual([status, JSON.parse(text).error.code], [500, "ERR_FUNCTION_THREW"], path);
    }
  });
});
