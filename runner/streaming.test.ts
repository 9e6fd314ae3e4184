import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import { linuxOnly, runnerProcesses } from "./runnerProcesses.ts";
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
      console.log("counting");
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
    limits: { bodyIdleMs: 500 },
  },
  bare: {
    code: `export default { fetch(request) {
      return new Response(null, { status: Number(new URL(request.url).searchParams.get("status")) });
    } };`,
    routes: ["/bare"],
  },
  /** Never answers; says what it hears when its client goes. */
  left: {
    code: `export default { fetch(request, env, ctx) {
      console.log("it begins");
      request.signal.addEventListener("abort", () => {
        console.log("told of " + request.signal.reason.name);
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 300)).then(() => console.log("waited to the end")));
      });
      return new Promise(() => {});
    } };`,
    routes: ["/left"],
  },
  /** Streams for ever, two at once at most. */
  narrow: {
    code: `export default { fetch(request) {
      if (request.url.endsWith("short")) return new Response("short");
      return new Response(new ReadableStream({ async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        controller.enqueue(new Uint8Array(100));
      } }));
    } };`,
    routes: ["/narrow"],
    limits: { concurrency: 2 },
  },
  /** Events with pauses: as many as the query says, `ms` apart. */
  events: {
    code: `export default { fetch(request) {
      const { searchParams } = new URL(request.url);
      if (searchParams.has("hog")) for (;;);
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
    limits: { cpuMs: 200 },
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
    const client = new StreamClient(runner, "/events?count=3&ms=1000");
    const seen: string[] = [];
    for await (const event of await client.response) seen.push(`${event}`);
    assert.deepEqual(seen, ["data: 0\n\n", "data: 1\n\n", "data: 2\n\n"]);
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

  it("keeps the connection of a client whose body nobody reads, and lets go of one that never ends it", async () => {
    const socket = connect(runner.config.data);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    const answers = () => text.split("not listening").length - 1;
    const body = 2 * MB;
    socket.write(`POST /deaf HTTP/1.1\r\nhost: a.example\r\ncontent-length: ${body}\r\n\r\n`);
    socket.write(Buffer.alloc(body));
    await until("the first answer", () => answers() === 1);
    socket.write(`POST /deaf HTTP/1.1\r\nhost: a.example\r\ncontent-length: ${body}\r\n\r\n`);
    await until("the second answer, before its body", () => answers() === 2);
    socket.write("only a little of it");
    await once(socket, "close");
  });

  it("sends no body where there must be none", async () => {
    const head = await new StreamClient(runner, "/flood?bytes=300000&length", { method: "HEAD" }).read();
    assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "300000", 0]);
    for (const status of [204, 304]) {
      const { headers, body, ...rest } = await new StreamClient(runner, `/bare?status=${status}`).read();
      assert.equal(rest.status, status);
      assert.equal(headers["content-length"], undefined);
      assert.equal(body.length, 0);
    }
  });
});

describe("a request that its client or its worker leaves", linuxOnly, () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner();
    await runner.start();
    await runner.deploy(FUNCTIONS);
  });
  after(() => runner[Symbol.asyncDispose]());

  const killWorkers = () => {
    for (const pid of runnerProcesses(runner.process?.pid as number, "worker")) process.kill(pid, "SIGKILL");
  };
  const said = (pattern: RegExp) => runner.lines.some(({ message }) => pattern.test(`${message}`));

  it("aborts before the answer: the signal hears of it, and what waitUntil is given goes on", async () => {
    const client = new StreamClient(runner, "/left");
    client.request.on("error", () => {});
    await until("the handler runs", () => said(/^it begins/));
    client.leave();
    await until("waitUntil's promise ends", () => said(/^waited to the end/));
    assert.ok(said(/^told of AbortError/));
    assert.match(await runner.admin("/metrics"), /^edge_runner_client_aborts_total\{[^}]*function="left"[^}]*\} 1$/m);
  });

  it("gives a streaming answer's place back when its client goes", async () => {
    const clients = Array.from({ length: 5 }, () => new StreamClient(runner, "/narrow"));
    for (const client of clients) {
      await once(await client.response, "data");
      client.leave();
    }
    assert.equal((await new StreamClient(runner, "/narrow?short").read()).status, 200);
  });

  it("cuts an answer whose worker dies, however the request could be repeated", async () => {
    const client = new StreamClient(runner, "/events?count=1000&ms=20");
    await once(await client.response, "data");
    killWorkers();
    assert.equal((await client.read()).whole, false);
    await until("it is logged", () => runner.line("a response was cut")?.cause === "lost");
    await until("all workers are back", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
  });

  it("does not repeat a request once parts of its body are gone", async () => {
    await until("a worker is there", async () => (await runner.fetch("/deaf")).status === 200);
    const client = new StreamClient(runner, "/count", { method: "POST" });
    client.request.on("error", () => {});
    await client.send("x");
    await until("the function has it", () => said(/^counting/));
    killWorkers();
    const { status, body } = await client.read();
    assert.deepEqual([status, JSON.parse(`${body}`).error.code], [502, "ERR_WORKER_LOST"]);
    await until("all workers are back", async () => JSON.parse(await runner.admin("/readyz")).workers === 3);
  });

  it("cuts the streams of an isolate that is lost", async () => {
    const client = new StreamClient(runner, "/events?count=1000&ms=20");
    await once(await client.response, "data");
    const hog = await runner.fetch("/events?hog");
    assert.equal(JSON.parse(hog.body).error.code, "ERR_LIMIT_CPU_MS");
    assert.equal((await client.read()).whole, false);
  });
});

function sha(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
