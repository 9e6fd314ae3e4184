import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import { programPath } from "../../components/local/services.ts";
import { UNDER_WAY_MB } from "../../components/node/commands.ts";
import { renderVarnish } from "../../components/node/varnish/renderVarnish.ts";
import { until } from "../../runner/runnerFixture.ts";
import { NODE } from "./nodeFixture.ts";
import { ask, RunningVarnish } from "./runningVarnish.ts";

const MB = 1_048_576;
/** Far above what Varnish may hold. */
const LARGE_MB = 1_000;

let sentMb = 0;
let isCut = false;
const varnish = new RunningVarnish(async (request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://x");
  if (pathname.startsWith("/seconds")) {
    response.writeHead(200, { "cache-control": "max-age=5" }).end(Buffer.alloc(MB));
    return;
  }
  response.writeHead(200, { "cache-control": "no-store" });
  if (pathname !== "/large") {
    response.end("small");
    return;
  }
  response.once("close", () => {
    isCut = sentMb < LARGE_MB;
  });
  const part = Buffer.alloc(MB);
  for (sentMb = 0; sentMb < LARGE_MB && !response.destroyed; sentMb++) {
    if (!response.write(part)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
});

before(() => varnish.start());
after(() => varnish[Symbol.asyncDispose]());

it("an answer that is not kept and not read is held up to the bound, then cut; when its client is gone others are answered", {
  skip: readsAhead() ? "this Varnish stops reading when its client does" : false,
}, async () => {
  const client = net.connect(varnish.socket);
  client.pause().on("error", () => {});
  client.write("GET /large HTTP/1.1\r\nHost: edge.test\r\n\r\n");
  await until("the answer is cut", () => isCut);
  assert.ok(sentMb < UNDER_WAY_MB + 16, `${sentMb} MB were read ahead of a client that takes nothing`);
  client.destroy();
  await until("others are answered again", async () => (await page("/small")).body === "small");
});

it("a request for whose answer there is no memory is told so by name", async () => {
  await using full = new RunningVarnish((_request, response) => response.end());
  // Whether it is for want of memory or not: an object that is not made ends the same way.
  const first = "sub vcl_backend_fetch {";
  const vcl = renderVarnish(NODE, full.layout).replace(first, `${first}\n  return (abandon);\n}\n${first}`);
  await full.start({ vcl, args: [] });
  const { status, headers, body } = await page("/", full.socket);
  assert.deepEqual([status, headers["x-edge-error"], headers["retry-after"]], [503, "ERR_CACHE_FULL", "1"]);
  assert.equal(JSON.parse(body).error.code, "ERR_CACHE_FULL");
});

describe("answers that are kept for seconds", () => {
  it("make room for each other, however many there are", async () => {
    for (let count = 0; count < 2 * UNDER_WAY_MB; count++) {
      const { status } = await page(`/seconds?${count}`);
      assert.equal(status, 200);
    }
    const { status, body } = await page("/small");
    assert.deepEqual([status, body], [200, "small"]);
  });
});

function page(path: string, socketPath = varnish.socket) {
  return ask({ socketPath, path, headers: { host: "edge.test" } });
}

/** From 7.2 on a bound for each answer comes first (`varnish.cli`). */
function readsAhead(): boolean {
  const said = execFileSync("sh", ["-c", "varnishd -V 2>&1"], {
    env: { PATH: programPath().join(":") },
    encoding: "utf8",
  });
  const [, major, minor] = /varnish-(\d+)\.(\d+)/.exec(said) ?? [];
  return Number(major) > 7 || (Number(major) === 7 && Number(minor) >= 2);
}
