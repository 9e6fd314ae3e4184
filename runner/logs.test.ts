import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { build } from "esbuild";
import { type TestFunction, TestRunner, until } from "./runnerFixture.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const OWN = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;

const TRACED = `export default { async fetch(request, env) {
  const { searchParams } = new URL(request.url);
  console.warn("asked", searchParams.get("id"));
  const headers = searchParams.has("own") ? { traceparent: "${OWN}" } : {};
  const seen = await (await fetch(env.ORIGIN, { headers })).text();
  return Response.json({ got: request.headers.get("traceparent"), state: request.headers.get("tracestate"), seen });
} }`;
const LATER = `export default { fetch(request, env, ctx) {
  ctx.waitUntil(fetch(env.ORIGIN + "held").then((held) => held.text()).then((text) => console.log("afterwards " + text)));
  return new Response("at once");
} }`;
const LOUD = `const text = "x".repeat(4000);
export default { fetch() { for (let line = 0; line < 10; line++) console.log(text); return new Response("ok"); } }`;

const CATCHES = `export default { fetch() {
  let caught = "";
  for (let timer = 0; timer < 5; timer++) {
    try { setTimeout(() => {}, 1); } catch ({ name, message }) { caught = name + ": " + message; }
  }
  return new Response(caught);
} }`;
const THROWS = `export default { fetch(request: Request): Response {
    throw new TypeError("no greeting");
  } };
`;

async function bundled(sourcefile: string, contents: string): Promise<{ code: string; map: string }> {
  const { outputFiles } = await build({
    stdin: { contents: `${contents}`, sourcefile, loader: "ts" },
    banner: { js: "// A line that moves the others.\n" },
    bundle: true,
    write: false,
    format: "esm",
    sourcemap: "external",
    sourcesContent: false,
    outfile: "index.mjs",
    absWorkingDir: import.meta.dirname,
  });
  const text = (isMap: boolean) => outputFiles.find(({ path }) => path.endsWith(".map") === isMap)?.text ?? "";
  return { code: text(false), map: text(true) };
}

describe("log lines and traces", () => {
  let runner: TestRunner;
  let functions: Readonly<Record<string, TestFunction>>;
  let held: ServerResponse | undefined;
  const origin = createServer((message, response) => {
    if (message.url === "/held") held = response;
    else response.end(`${message.headers.traceparent} ${message.headers.tracestate ?? ""}`.trim());
  });

  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ origins: [{ host: "localhost", port }] });
    await runner.start();
    functions = {
      traced: { code: TRACED, routes: ["/traced"], env: { ORIGIN: `http://localhost:${port}/` } },
      later: { code: LATER, routes: ["/later"], env: { ORIGIN: `http://localhost:${port}/` } },
      loud: { code: LOUD, routes: ["/loud"] },
      catches: { code: CATCHES, routes: ["/catches"], limits: { timers: 2 } },
      throws: { ...(await bundled("functions/throws.ts", THROWS)), routes: ["/throws"] },
    };
    await runner.deploy(functions);
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
  });

  it("carry a caller's trace on to the function, its log lines and its sub-requests", async () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "rojo=1", "x-request-id": "trace-1" };
    const { got, state, seen } = JSON.parse((await runner.fetch("/traced?id=1", { headers })).body);
    const [, traceId, spanId, flags] = got.split("-");
    assert.equal(traceId, TRACE);
    assert.equal(flags, "01");
    assert.notEqual(spanId, PARENT);
    assert.equal(state, "rojo=1");
    assert.equal(seen, `${got} rojo=1`);
    await until("the line is logged", () => runner.line("asked 1") !== undefined);
    const { time, version, ...line } = runner.line("asked 1") ?? {};
    assert.match(`${time}`, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.match(`${version}`, /^[0-9a-f]{16}$/);
    assert.deepEqual(line, {
      level: "warn",
      message: "asked 1",
      process: "router",
      node: "test-node",
      region: "eu-test-1",
      function: "traced",
      requestId: "trace-1",
      traceId,
      spanId,
    });
  });

  it("start a trace where there is none, and leave alone the one that a function gives", async () => {
    const first = JSON.parse((await runner.fetch("/traced?id=2")).body);
    assert.match(first.got, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assert.equal(first.seen, first.got);
    const own = JSON.parse((await runner.fetch("/traced?id=3&own", { headers: { traceparent: "bad" } })).body);
    assert.notEqual(own.got, "bad");
    assert.equal(own.seen, OWN);
  });

  it("say a limit once that a function caught", async () => {
    assert.match((await runner.fetch("/catches")).body, /^LimitError: timers: 3 of 2/);
    const said = () => runner.lines.filter((line) => line.function === "catches");
    await until("the limit is said", () => said().length > 0);
    assert.deepEqual(
      said().map(({ message, limit, value, used }) => [message, limit, value, used]),
      [["a limit fired", "timers", 2, 3]],
    );
    const fired = { function: "catches", limit: "timers" };
    assert.equal((await runner.metrics()).sum("edge_runner_limits_fired_total", fired), 1);
  });

  it("tell the stack of an exception by the sources, beside its message", async () => {
    const { status } = await runner.fetch("/throws");
    assert.equal(status, 500);
    await until("the exception is logged", () => runner.line("TypeError: no greeting") !== undefined);
    const { level, stack, function: name } = runner.line("TypeError: no greeting") ?? {};
    assert.deepEqual([level, name], ["error", "throws"]);
    assert.match(`${stack}`, /^TypeError: no greeting\n\s+at .*functions\/throws\.ts:2:11/);
  });

  it("say whose they are when their version was replaced meanwhile", async () => {
    await runner.fetch("/later");
    await until("the sub-request goes on", () => held !== undefined);
    await runner.deploy({ ...functions, later: { code: LOUD, routes: ["/later"] } });
    held?.end("all");
    await until("the line is logged", () => runner.line("afterwards all") !== undefined);
    const { function: name, version } = runner.line("afterwards all") ?? {};
    assert.equal(name, "later");
    assert.match(`${version}`, /^[0-9a-f]{16}$/);
  });

  it("never make a request wait when nobody reads them, and say afterwards how many were dropped", async () => {
    const stdout = runner.process?.stdout;
    assert.ok(stdout);
    stdout.pause();
    const dropped = async () =>
      (await runner.metrics()).sum("edge_runner_log_lines_dropped_total", { process: "router" });
    for (let round = 0; round < 100 && (await dropped()) === 0; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => runner.fetch("/loud")));
      assert.ok(answers.every(({ status }) => status === 200));
    }
    assert.ok((await dropped()) > 0);
    await runner.fetch("/traced?id=calm");
    stdout.resume();
    const said = "log lines were dropped: they are read too slowly";
    await until("the line of the calm function comes", () => runner.line("asked calm") !== undefined);
    await until("it is said", async () => {
      await runner.fetch("/loud");
      return runner.line(said) !== undefined;
    });
    assert.deepEqual(Object.keys(runner.line(said)?.by as object), ["loud"]);
  });

  it("go nowhere when their reader has gone, and requests are served", async () => {
    runner.process?.stdout?.destroy();
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => runner.fetch("/loud")));
      assert.ok(answers.every(({ status }) => status === 200));
    }
    await until("the supervisor's drops are counted", async () => {
      await runner.fetch("/loud");
      return (await runner.metrics()).sum("edge_runner_log_lines_dropped_total", { process: "supervisor" }) > 0;
    });
    assert.equal(runner.process?.exitCode, null);
  });
});
