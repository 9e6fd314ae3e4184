import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

const MB = 1024 * 1024;

const FUNCTIONS = {
  /** Sends the request's body back as it comes. */
  echo: {
    code: "export default { fetch(request) { return new Response(request.body); } };",
    routes: ["/echo"],
    limits: { requestBodyBytes: 100 * MB, responseBodyBytes: 100 * MB },
  },
  /** Reads the whole body, then says how much it was. */
  count: {
    code: `export default { async fetch(request) {
      let bytes = 0, parts = 0, largest = 0;
      for await (const part of request.body) { bytes += part.length; parts++; largest = Math.max(largest, part.length); }
      return Response.json({ bytes, parts, largest });
    } };`,
    routes: ["/count"],
    limits: { requestBodyBytes: 100 * MB },
  },
  /** Never looks at the body. */
  deaf: {
    code: 'export default { fetch(request) { return new Response("not listening"); } };',
    routes: ["/deaf"],
  },
  /** Events with pauses: as many as the query says, `ms` apart. */
  events: {
    code: `export default { fetch(request) {
      const { searchParams } = new URL(request.url);
      const count = Number(searchParams.get("count")), ms = Number(searchParams.get("ms"));
      let n = 0;
      const body = new ReadableStream({
        async pull(controller) {
          if (n === count) return controller.close();
          if (n > 0) await new Promise((resolve) => setTimeout(resolve, ms));
          controller.enqueue(new TextEncoder().encode("data: " + n++ + "\\n\\n"));
        },
        cancel() { console.log("cancelled after " + n); },
      });
      request.signal.addEventListener("abort", () => console.log("aborted: " + request.signal.reason.name));
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    } };`,
    routes: ["/events"],
  },
  /** So many bytes, in parts of 64 KB, as fast as they are taken. */
  flood: {
    code: `const part = new Uint8Array(65536).fill(120);
    export default { fetch(request) {
      let left = Number(new URL(request.url).searchParams.get("bytes"));
      const headers = new URL(request.url).searchParams.has("length") ? { "content-length": String(left) } : {};
      return new Response(new ReadableStream({ pull(controller) {
        if (left === 0) return controller.close();
        const bytes = Math.min(left, part.length);
        left -= bytes;
        controller.enqueue(part.subarray(0, bytes));
      } }), { headers });
    } };`,
    routes: ["/flood"],
    limits: { responseBodyBytes: 100 * MB, cpuMs: 20_000 },
  },
  /** A large text, whole. */
  text: {
    code: `export default { fetch(request) { return new Response("é€😀x".repeat(100_000)); } };`,
    routes: ["/text"],
  },
};

describe("bodies that stream", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner();
    await runner.start();
    await runner.deploy(FUNCTIONS);
  });
  after(() => runner[Symbol.asyncDispose]());

  it("brings a large body through a function and back, unchanged", async () => {
    const bytes = randomBytes(5 * MB + 17);
    const client = new StreamClient(runner, "/echo", { method: "POST" });
    client.request.end(bytes);
    const { status, body, whole } = await client.read();
    assert.equal(status, 200);
    assert.equal(whole, true);
    assert.equal(sha(body), sha(bytes));
  });

  it("gives a function each part as it comes, while the client still sends", async () => {
    const client = new StreamClient(runner, "/echo", { method: "POST" });
    await client.send("first");
    const response = await client.response;
    const [first] = await once(response, "data");
    assert.equal(`${first}`, "first");
    assert.equal(response.headers["content-length"], undefined);
    await client.send("second");
    const [second] = await once(response, "data");
    assert.equal(`${second}`, "second");
    client.end();
    await once(response, "end");
    assert.equal(response.complete, true);
  });

  it("brings each event to the client when it is sent", async () => {
    const client = new StreamClient(runner, "/events?count=3&ms=300");
    const response = await client.response;
    const at: number[] = [];
    response.on("data", () => at.push(performance.now()));
    await once(response, "end");
    assert.equal(at.length, 3);
    assert.ok((at[1] as number) - (at[0] as number) > 200, `${at}`);
  });

  it("tells the function when its client goes", async () => {
    const client = new StreamClient(runner, "/events?count=1000&ms=20");
    await once(await client.response, "data");
    client.leave();
    await until("the stream is cancelled", () =>
      runner.lines.some(({ message }) => /^cancelled after/.test(`${message}`)),
    );
    assert.notEqual(runner.line("aborted: AbortError"), undefined);
  });

  it("sends a content-length where one is known, and none where not", async () => {
    const known = await new StreamClient(runner, "/flood?bytes=300000&length").read();
    assert.equal(known.headers["content-length"], "300000");
    assert.equal(known.body.length, 300_000);
    const unknown = await new StreamClient(runner, "/flood?bytes=300000").read();
    assert.equal(unknown.headers["content-length"], undefined);
    assert.equal(unknown.body.length, 300_000);
    const text = await new StreamClient(runner, "/text").read();
    assert.equal(text.headers["content-length"], "1000000");
    assert.equal(text.body.toString(), "é€😀x".repeat(100_000));
  });

  it("keeps the connection of a client whose body nobody reads", async () => {
    const bytes = randomBytes(2 * MB);
    const first = new StreamClient(runner, "/deaf", { method: "POST" });
    first.request.end(bytes);
    const { status, whole, headers } = await first.read();
    assert.deepEqual([status, whole, headers.connection], [200, true, "close"]);
  });
});

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
