import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { TestRunner, until } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

const MB = 1024 * 1024;
const BIG = randomBytes(8 * MB);

const CODE = `const tasks = {
  through: (request, url) => fetch(url),
  upload: (request, url) => fetch(url, { method: "POST", duplex: "half", body: request.body }),
  generated: (request, url) => { let left = 40; return fetch(url, { method: "POST", duplex: "half", body: new ReadableStream({ pull(c) {
    if (left-- === 0) return c.close(); c.enqueue(new Uint8Array(50_000).fill(left)); } }) }); },
  text: (request, url) => fetch(url, { method: "POST", body: "é".repeat(400_000) }),
  broken: (request, url) => fetch(url, { method: "POST", duplex: "half", body: new ReadableStream({ pull(c) { c.error(new Error("broken")); } }) }),
  async aborted(request, url) { const c = new AbortController(); const r = await fetch(url, { signal: c.signal }); const reader = r.body.getReader();
    await reader.read(); c.abort(new Error("enough")); try { for (;;) if ((await reader.read()).done) return new Response("to its end"); } catch (e) { return new Response(e.message); } },
  async cancelled(request, url) { const r = await fetch(url); await r.body.cancel(); return new Response("cancelled"); },
  async many(request, url) { const n = Number(request.headers.get("x-count")); let done = 0;
    for (let i = 0; i < n; i++) { await (await fetch(url)).text(); done++; } return new Response(String(done)); },
  async parallel(request, url) { const n = Number(request.headers.get("x-count"));
    const all = await Promise.allSettled(Array.from({ length: n }, () => fetch(url)));
    return new Response(all.map(({ status, reason }) => reason?.name ?? status).sort().join(" ")); },
  async error(request, url) { try { return await fetch(url); } catch (e) { return new Response(e.name + ": " + e.message, { status: 599 }); } },
  async says(request, url) {
    try { const r = await fetch(url + "#part", JSON.parse(request.headers.get("x-init")));
      let fixed = false; try { r.headers.set("a", "1"); } catch { fixed = true; }
      return Response.json([r.status, r.statusText, r.ok, r.type, r.redirected, r.url.endsWith("#part"), r.headers.get("location"), r.body === null, fixed, new Response(r.body, r).headers.has("date")]);
    } catch (e) { return Response.json(e.name); }
  },
  waits: (request, url, ctx) => { ctx.waitUntil(fetch(url).then((r) => r.text())); return new Response("gone"); },
};
export default { fetch(request, env, ctx) {
  const { searchParams } = new URL(request.url);
  return tasks[searchParams.get("task")](request, env.ORIGIN + searchParams.get("path"), ctx);
} };`;

describe("sub-requests of functions", () => {
  let runner: TestRunner;
  const seen: {
    path: string;
    bytes: number;
    sha: string;
    length: string | undefined;
    closed: boolean;
    traceparent: unknown;
  }[] = [];
  const origin = createServer(serve);

  before(async () => {
    await new Promise<void>((resolve) => origin.listen(0, "127.0.0.1", resolve));
    const { port } = origin.address() as AddressInfo;
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port }] });
    await runner.start();
    const env = { ORIGIN: `http://127.0.0.1:${port}` };
    const large = { requestBodyBytes: 20 * MB, responseBodyBytes: 20 * MB };
    await runner.deploy({
      free: { code: CODE, env, routes: ["/free"], limits: { ...large, subRequests: 5 } },
      held: { code: CODE, env, routes: ["/held"], egress: { allow: ["api.example.com", "*.cdn.example"] } },
      none: { code: CODE, env, routes: ["/none"], egress: { allow: [] } },
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    origin.close();
    origin.closeAllConnections();
  });

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const hash = createHash("sha256");
    const { "content-length": length, traceparent } = request.headers;
    const note = { path: `${request.url}`, bytes: 0, sha: "", length, closed: false, traceparent };
    seen.push(note);
    response.on("close", () => {
      note.closed = !response.writableFinished;
    });
    request.on("data", (chunk) => {
      note.bytes += chunk.length;
      hash.update(chunk);
    });
    request.on("error", () => {});
    request.on("end", () => {
      note.sha = hash.digest("hex");
      if (request.url === "/big") response.end(BIG);
      else if (request.url === "/endless") feed(response);
      else if (request.url === "/redirect") response.writeHead(302, { location: "/small" }).end();
      else if (request.url !== "/never") response.end(`${note.bytes} ${note.sha}`);
    });
  }

  const task = (name: string, path: string, headers: Record<string, string> = {}) =>
    runner.fetch(`/free?task=${name}&path=${path}`, { headers });
  const last = (path: string) => seen.findLast((note) => note.path === path);

  it("stream a large response through", async () => {
    const { body, whole } = await new StreamClient(runner, "/free?task=through&path=/big").read();
    assert.deepEqual([whole, body.length], [true, BIG.length]);
    assert.ok(body.equals(BIG));
  });

  it("stream a client's body, a generated one and a large text to the origin", async () => {
    const client = new StreamClient(runner, "/free?task=upload&path=/up", { method: "POST" });
    await client.send(BIG);
    const sha = createHash("sha256").update(BIG).digest("hex");
    assert.equal((await client.end().read()).body.toString(), `${BIG.length} ${sha}`);
    assert.match((await task("generated", "/up")).body, /^2000000 /);
    assert.equal(last("/up")?.length, undefined);
    assert.match((await task("text", "/up")).body, /^800000 /);
    assert.equal(last("/up")?.length, "800000");
  });

  it("say how they were answered", async () => {
    const says = async (init: object) =>
      JSON.parse((await task("says", "/redirect", { "x-init": JSON.stringify(init) })).body);
    const small = [200, "OK", true, "basic", true, false, null];
    assert.deepEqual(await says({}), [...small, false, true, true]);
    assert.deepEqual(await says({ method: "HEAD" }), [...small, true, true, true]);
    const redirect = [302, "Found", false, "basic", false, false, "/small", false, true, true];
    assert.deepEqual(await says({ redirect: "manual" }), redirect);
    assert.equal(await says({ redirect: "error" }), "TypeError");
  });

  it("fail when the body's stream does", async () => {
    const { status } = await task("broken", "/up");
    assert.equal(status, 500);
  });

  it("end at the origin when the function aborts or cancels, and when its client goes", async () => {
    assert.equal((await task("aborted", "/endless")).body, "enough");
    await until("the origin hears of the abort", () => last("/endless")?.closed === true);
    assert.equal((await task("cancelled", "/endless")).body, "cancelled");
    await until("the origin hears of the cancellation", () => last("/endless")?.closed === true);
    const client = new StreamClient(runner, "/free?task=through&path=/endless");
    const response = await client.response;
    response.once("data", () => client.leave());
    response.on("error", () => {});
    await until("the origin hears of the client", () => last("/endless")?.closed === true);
    const waiting = new StreamClient(runner, "/free?task=through&path=/never");
    await until("the origin has the request", () => last("/never") !== undefined);
    waiting.leave();
    await until("the origin hears of the client", () => last("/never")?.closed === true);
  });

  it("go on after the answer for waitUntil", async () => {
    const before = seen.length;
    assert.equal((await task("waits", "/small")).body, "gone");
    await until("the sub-request is made", () => seen.length > before);
  });

  it("are counted with their redirects, and one too many is the limit's error", async () => {
    assert.equal((await task("many", "/small", { "x-count": "5" })).body, "5");
    for (const [path, count] of [
      ["/small", "6"],
      ["/redirect", "4"],
    ] as const) {
      const { status, body } = await task("many", path, { "x-count": count });
      const { code, limit, value, used } = JSON.parse(body).error;
      assert.deepEqual([status, code, limit, value, used], [500, "ERR_LIMIT_SUB_REQUESTS", "subRequests", 5, 6]);
    }
  });

  it("are counted together when their redirects are followed at the same time", async () => {
    assert.equal((await task("parallel", "/redirect", { "x-count": "2" })).body, "fulfilled fulfilled");
    const before = seen.length;
    assert.equal(
      (await task("parallel", "/redirect", { "x-count": "4" })).body,
      "LimitError LimitError LimitError fulfilled",
    );
    assert.equal(seen.length - before, 5);
  });

  it("are held to the function's own allow list", async () => {
    for (const name of ["held", "none"]) {
      const { status, body } = await runner.fetch(`/${name}?task=error&path=/small`);
      assert.equal(status, 599);
      assert.match(body, /^TypeError: fetch failed: 127\.0\.0\.1:\d+ is not in the function's egress\.allow/);
    }
  });

  it("show in the metrics by what they came to", async () => {
    const own = { function: "free" };
    await until("the figures come", async () => {
      const metrics = await runner.metrics();
      return (
        metrics.sum("edge_runner_sub_requests_total", { ...own, outcome: "answered" }) >= 12 &&
        metrics.sum("edge_runner_sub_requests_total", { ...own, outcome: "cancelled" }) >= 3 &&
        metrics.sum("edge_runner_egress_bytes_total", { ...own, direction: "in" }) >= BIG.length &&
        metrics.sum("edge_runner_egress_bytes_total", { ...own, direction: "out" }) >= BIG.length &&
        metrics.sum("edge_runner_sub_request_refusals_total", { function: "none", reason: "allow-list" }) === 1
      );
    });
  });

  it("fail with a clear error when the broker dies, and the next waits for the new one", async () => {
    const underWay = task("error", "/never");
    const before = seen.length;
    await until("it is at the origin", () => seen.length > before);
    const broker = processes().find(({ command }) => command.includes("/broker-"));
    process.kill(broker?.pid as number, "SIGKILL");
    assert.match((await underWay).body, /^TypeError: fetch failed: the node's way out went away/);
    const { status, body } = await task("error", "/small");
    assert.equal(status, 200, body);
  });

  /** The runner's processes. */
  function processes(): { pid: number; command: string }[] {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          return [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, "utf8") }];
        } catch {
          return [];
        }
      })
      .filter(({ command }) => command.includes(runner.dir));
  }
});

function feed(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write(Buffer.alloc(16_384)));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
}
