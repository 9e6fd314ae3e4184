import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { LIMITS } from "./limits.ts";
import { type TestAnswer, TestRunner, until } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

const KB = 1024;
const SLEEP = "const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));";

/** Sends `parts` parts of `bytes`, `ms` apart; throws in the end where the query says so. */
const SENDER = `${SLEEP} export default { fetch(request) {
  const { searchParams } = new URL(request.url);
  const number = (name) => Number(searchParams.get(name) ?? 0);
  const headers = searchParams.has("length") ? { "content-length": searchParams.get("length") } : {};
  let left = number("parts");
  return new Response(new ReadableStream({ async pull(controller) {
    if (left-- === 0) {
      if (searchParams.has("throw")) throw new Error("the source is broken");
      return controller.close();
    }
    await sleep(number("ms"));
    controller.enqueue(new Uint8Array(number("bytes")).fill(120));
  } }), { headers });
} };`;

const FUNCTIONS = {
  reader: {
    code: "export default { async fetch(request) { return new Response(String((await request.text()).length)); } };",
    routes: ["/reader"],
    limits: { requestBodyBytes: 300 * KB, bodyIdleMs: 1_000, wallMs: 1_200 },
  },
  /** Reads a part now and then; a part of ones makes it read no more. */
  slow: {
    code: `${SLEEP} export default { async fetch(request) {
      let bytes = 0;
      for await (const part of request.body) {
        bytes += part.length;
        await sleep(part[0] === 1 ? 1e6 : 50);
      }
      return new Response(String(bytes));
    } };`,
    routes: ["/slow"],
    limits: { wallMs: 700 },
  },
  patient: {
    code: "export default { async fetch(request) { return new Response(String((await request.text()).length)); } };",
    routes: ["/patient"],
    limits: { bodyTotalMs: 1_000, bodyIdleMs: 900 },
  },
  /** Answers with a stream at once and goes on reading. */
  both: {
    code: `export default { fetch(request) {
      const reader = request.body.getReader();
      return new Response(new ReadableStream({ async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close(); else controller.enqueue(new TextEncoder().encode(String(value.length) + " "));
      } }));
    } };`,
    routes: ["/both"],
    limits: { requestBodyBytes: 100 * KB },
  },
  sender: { code: SENDER, routes: ["/sender"], limits: { responseBodyBytes: 200 * KB } },
  still: { code: SENDER, routes: ["/still"], limits: { bodyIdleMs: 300 } },
  long: { code: SENDER, routes: ["/long"], limits: { bodyTotalMs: 800, wallMs: 500 } },
  /** Never ends by itself. */
  flood: {
    code: `let given = 0; export default { fetch() {
      return new Response(new ReadableStream({
        pull(controller) { given += 64; controller.enqueue(new Uint8Array(65536)); },
        cancel() { console.log("gave " + given + " KB"); },
      }));
    } };`,
    routes: ["/flood"],
    limits: { responseBodyBytes: 100 * KB * KB, bodyIdleMs: 300, cpuMs: 5_000 },
  },
  whole: {
    code: `export default { fetch() { return new Response(new Uint8Array(${250 * KB})); } };`,
    routes: ["/whole"],
    limits: { bodyIdleMs: 300 },
  },
  headed: {
    code: `export default { fetch(request) {
      const { searchParams } = new URL(request.url);
      return new Response("ok", { headers: { "x-long": "y".repeat(Number(searchParams.get("bytes"))) } });
    } };`,
    routes: ["/headed"],
    limits: { requestHeaderBytes: 2 * KB, responseHeaderBytes: 2 * KB },
  },
  hoarder: {
    code: `export default { async fetch(request) {
      const { searchParams } = new URL(request.url);
      const count = Number(searchParams.get("count"));
      try {
        for (let n = 0; n < count; n++) setTimeout(() => {}, 5_000);
      } catch (error) {
        if (!searchParams.has("caught")) throw error;
        return new Response(error.name + ": " + error.message);
      }
      return new Response("all set");
    } };`,
    routes: ["/hoarder"],
    limits: { timers: 10 },
  },
  texter: {
    code: `export default { fetch(request) { return new Response("€".repeat(Number(new URL(request.url).searchParams.get("chars")))); } };`,
    routes: ["/texter"],
    limits: { responseBodyBytes: 3 * KB },
  },
};

function errorOf({ body }: { body: Buffer | string }) {
  return JSON.parse(`${body}`).error;
}

function assertLimit(answer: TestAnswer | Awaited<ReturnType<StreamClient["read"]>>, limit: keyof typeof LIMITS): void {
  const error = errorOf(answer);
  assert.deepEqual([answer.status, error.limit], [LIMITS[limit].status, limit], `${answer.body}`);
  assert.equal(typeof error.value, "number");
  assert.ok(error.used >= error.value, `${answer.body}`);
  assert.match(error.docs, /^docs\/limits\.md#/);
}

describe("limits of bodies and headers", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    await runner.deploy(FUNCTIONS);
  });
  after(() => runner[Symbol.asyncDispose]());

  const counted = async (name: string, labels: Record<string, string>) => {
    const lines = (await runner.admin("/metrics")).split("\n").filter((line) => line.startsWith(`${name}{`));
    const fits = lines.filter((line) =>
      Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)),
    );
    return fits.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };

  const cuts = (name: string) =>
    runner.lines.filter((line) => line.message === "a response was cut" && line.function === name);

  it("refuses a body that says it is too large before a byte of it, and one that turns out to be", async () => {
    const declared = new StreamClient(runner, "/reader", {
      method: "POST",
      headers: { "content-length": `${301 * KB}` },
    });
    assertLimit(await declared.read(), "requestBodyBytes");
    const chunked = new StreamClient(runner, "/reader", { method: "POST" });
    chunked.request.on("error", () => {});
    chunked.request.write(Buffer.alloc(301 * KB));
    assertLimit(await chunked.read(), "requestBodyBytes");
    assert.equal((await runner.fetch("/reader", { method: "POST", body: "x".repeat(300 * KB) })).body, `${300 * KB}`);
    assert.equal(await counted("edge_runner_limits_fired_total", { function: "reader", limit: "requestBodyBytes" }), 2);
  });

  it("cuts the answer when the body turns out too large after its head is out", async () => {
    const client = new StreamClient(runner, "/both", { method: "POST" });
    client.request.on("error", () => {});
    await client.send("x".repeat(10));
    assert.equal((await client.response).statusCode, 200);
    client.request.write(Buffer.alloc(101 * KB));
    assert.equal((await client.read()).whole, false);
    assert.equal(await counted("edge_runner_cut_responses_total", { function: "both", cause: "limit" }), 1);
    await until("it is logged", () => cuts("both").at(-1)?.limit === "requestBodyBytes");
  });

  it("ends a request whose client falls silent in the middle of a body, small or large", async () => {
    for (const headers of [{ "content-length": "100" }, {}, { "content-length": `${100 * KB}` }]) {
      const client = new StreamClient(runner, "/reader", { method: "POST", headers });
      await client.send("x");
      assertLimit(await client.read(), "bodyIdleMs");
    }
  });

  it("ends a request whose client takes too long as a whole, however steadily it sends", async () => {
    const client = new StreamClient(runner, "/patient", { method: "POST" });
    client.request.on("error", () => {});
    const drip = setInterval(() => client.request.write("x"), 50);
    assertLimit(await client.read(), "bodyTotalMs");
    clearInterval(drip);
  });

  it("does not count the time that a client takes to send against the function's wall time", async () => {
    const client = new StreamClient(runner, "/reader", { method: "POST" });
    for (let part = 0; part < 12; part++) {
      await client.send("x");
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    const { status, body } = await client.end().read();
    assert.deepEqual([status, `${body}`], [200, "12"]);
  });

  it("counts wall time anew with each part that the function takes, and ends a function that takes no more", async () => {
    const bytes = 1_500 * KB;
    const reads = new StreamClient(runner, "/slow", { method: "POST" });
    reads.request.end(Buffer.alloc(bytes));
    const { status, body } = await reads.read();
    assert.deepEqual([status, `${body}`], [200, `${bytes}`]);
    const stops = new StreamClient(runner, "/slow", { method: "POST" });
    stops.request.on("error", () => {}).end(Buffer.alloc(bytes, 1));
    assertLimit(await stops.read(), "wallMs");
  });

  it("refuses a response that says it is too large, and cuts one that turns out to be", async () => {
    assertLimit(
      await new StreamClient(runner, `/sender?parts=1&bytes=10&length=${201 * KB}`).read(),
      "responseBodyBytes",
    );
    const { status, whole, body } = await new StreamClient(runner, `/sender?parts=5&bytes=${50 * KB}`).read();
    assert.deepEqual([status, whole], [200, false]);
    assert.ok(body.length <= 200 * KB);
    assert.equal(
      await counted("edge_runner_limits_fired_total", { function: "sender", limit: "responseBodyBytes" }),
      2,
    );
  });

  it("cuts a response that stands still or takes too long", async () => {
    const still = await new StreamClient(runner, "/still?parts=2&bytes=10&ms=3000").read();
    assert.deepEqual([still.status, still.whole], [200, false]);
    await until("it is logged", () => cuts("still").at(-1)?.limit === "bodyIdleMs");
    const long = await new StreamClient(runner, "/long?parts=50&bytes=10&ms=100").read();
    assert.deepEqual([long.status, long.whole], [200, false]);
    await until("it is logged", () => cuts("long").at(-1)?.limit === "bodyTotalMs");
  });

  it("holds a stream back whose client does not take it, and lets go of that client", async () => {
    const client = new StreamClient(runner, "/flood");
    (await client.response).pause();
    await until("it is cut", () => cuts("flood").at(-1)?.limit === "bodyIdleMs");
    await until("the function hears of it", () =>
      runner.lines.some(({ message }) => /^gave \d+ KB/.test(`${message}`)),
    );
    const gave = runner.lines.findLast(({ message }) => /^gave/.test(`${message}`));
    // One window, and what sockets hold by themselves.
    assert.ok(Number(/\d+/.exec(`${gave?.message}`)) <= 2_048, `${gave?.message}`);
    client.leave();
  });

  it("lets go of a client that does not take a response that is whole", async () => {
    const socket = connect(runner.config.data).pause();
    socket.write("GET /whole HTTP/1.1\r\nhost: a.example\r\n\r\n");
    await until("it is cut", () => cuts("whole").at(-1)?.limit === "bodyIdleMs");
    socket.destroy();
    assert.equal((await new StreamClient(runner, "/whole").read()).body.length, 250 * KB);
    assert.equal(cuts("whole").length, 1);
  });

  it("cuts a response whose stream throws, and one that is not as long as it said", async () => {
    const thrown = await new StreamClient(runner, "/sender?parts=1&bytes=10&throw").read();
    assert.deepEqual([thrown.status, `${thrown.body}`, thrown.whole], [200, "x".repeat(10), false]);
    await until("the stack is logged", () =>
      runner.lines.some(({ message }) => `${message}`.includes("the source is broken")),
    );
    for (const length of [9, 11]) {
      const wrong = await new StreamClient(runner, `/sender?parts=1&bytes=10&length=${length}`).read();
      assert.equal(wrong.whole, false, `${length}`);
      await until("it is logged", () => /content-length/.test(`${cuts("sender").at(-1)?.reason}`));
    }
  });

  it("refuses headers over the function's limit, and those over anyone's", async () => {
    assertLimit(
      await runner.fetch("/headed?bytes=1", { headers: { "x-long": "y".repeat(2 * KB) } }),
      "requestHeaderBytes",
    );
    assert.equal((await runner.fetch("/headed?bytes=1", { headers: { "x-long": "y".repeat(KB) } })).status, 200);
    const huge = await runner.fetch("/headed?bytes=1", { headers: { "x-long": "y".repeat(70 * KB) } });
    assert.deepEqual([huge.status, errorOf(huge).code], [431, "ERR_LIMIT_REQUEST_HEADER_BYTES"]);
    assertLimit(await runner.fetch(`/headed?bytes=${2 * KB}`), "responseHeaderBytes");
    assert.equal((await runner.fetch(`/headed?bytes=${KB}`)).status, 200);
  });

  it("answers bytes that are no HTTP with a typed 400", async () => {
    const socket = connect(runner.config.data);
    socket.end("GET / HTTP/1.1\r\nbroken\r\n\r\n");
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    assert.match(`${Buffer.concat(chunks)}`, /^HTTP\/1\.1 400 .*"ERR_BAD_REQUEST"/s);
  });

  it("throws a LimitError inside the isolate, and answers with the limit when it escapes", async () => {
    assert.equal((await runner.fetch("/hoarder?count=10")).body, "all set");
    assert.match((await runner.fetch("/hoarder?count=11&caught")).body, /^LimitError: timers: 11 of 10/);
    assertLimit(await runner.fetch("/hoarder?count=11"), "timers");
  });

  it("counts a text's bytes, not its characters", async () => {
    assert.equal((await runner.fetch("/texter?chars=1024")).status, 200);
    assertLimit(await runner.fetch("/texter?chars=1025"), "responseBodyBytes");
  });
});
