import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { previewToken } from "./release/previewToken.ts";
import { TestRunner } from "./runnerFixture.ts";
import type { ArmCounts, SplitCounts } from "./traffic/armCounts.ts";

const answering = (text: string) => `export default { fetch: () => new Response(${JSON.stringify(text)}) };`;
const SECRET = "of the whole fleet";
const CANDIDATE = `export default {
  fetch(request) {
    if (request.url.endsWith("/throw")) throw new Error("bad");
    if (request.url.endsWith("/client")) return new Response("", { status: 404 });
    return new Response("v8");
  },
};`;
const HELLO = {
  code: answering("v7"),
  routes: ["/hello/*"],
  versions: {
    number: 7,
    candidate: CANDIDATE,
    previews: { 3: answering("v3"), 5: "throw new Error('does not start')" },
  },
};
const ASKING = {
  code: "export default { fetch: (request, env) => env.HELLO.fetch('http://hello/hello') };",
  routes: ["/asking"],
  bindings: { HELLO: { kind: "function" as const, name: "hello" } },
};
const runner = new TestRunner({ workers: 1 });

before(async () => {
  runner.writeSecret("release-preview", SECRET);
  await runner.start();
  await runner.deploy({ hello: HELLO, asking: ASKING });
});
after(() => runner[Symbol.asyncDispose]());

const versionOf = async (arm: "stable" | "candidate") => (await counts()).versions[arm];
async function counts(): Promise<SplitCounts> {
  const { splits } = JSON.parse((await runner.ask("/splits")).body);
  return splits.hello;
}
const ask = (headers: Record<string, string> = {}, path = "/hello/x") => runner.fetch(path, { headers });
const errorOf = ({ body }: { body: string }) => JSON.parse(body).error;
const tokenOf = (number: number, endsAt = Date.now() + 60_000, secret = SECRET) =>
  previewToken({ function: "hello", number, endsAt: new Date(endsAt) }, secret);

describe("a split", () => {
  it("is served by the version that the door names, and by the stable one without its word", async () => {
    const candidate = await versionOf("candidate");
    assert.equal((await ask()).body, "v7");
    assert.equal((await ask({ "x-edge-version": candidate })).body, "v8");
    assert.equal((await ask({ "x-edge-version": "0123456789abcdef" })).body, "v7");
  });

  it("tells the cache which version answered wherever the door named one", async () => {
    const [stable, candidate] = [await versionOf("stable"), await versionOf("candidate")];
    assert.equal((await ask()).headers["x-edge-version"], undefined);
    assert.equal((await ask({ "x-edge-version": candidate })).headers["x-edge-version"], candidate);
    assert.equal((await ask({ "x-edge-version": "0123456789abcdef" })).headers["x-edge-version"], stable);
    const failed = await ask({ "x-edge-version": candidate }, "/hello/throw");
    assert.equal(failed.headers["x-edge-version"], candidate);
  });

  it("is no matter of functions that ask the function: they get the stable version", async () => {
    const candidate = await versionOf("candidate");
    assert.equal((await ask({ "x-edge-version": candidate }, "/asking")).body, "v7");
  });

  it("counts visitors' requests and the candidate's own failures by arm, and nothing else", async () => {
    const sum = ({ latencies }: ArmCounts) => latencies.reduce((all, count) => all + count);
    const before = await counts();
    const candidate = before.versions.candidate;
    await ask();
    for (const path of ["/hello/x", "/hello/throw", "/hello/client"]) await ask({ "x-edge-version": candidate }, path);
    await ask({}, "/asking");
    await ask({ host: "v8--hello.edge.test" });
    const now = await counts();
    assert.deepEqual(
      [now.stable.requests - before.stable.requests, now.candidate.requests - before.candidate.requests],
      [1, 3],
    );
    assert.deepEqual([now.stable.failures, now.candidate.failures - before.candidate.failures], [0, 1]);
    assert.equal(sum(now.candidate), now.candidate.requests);
  });

  it("goes on counting with other functions' releases, and begins anew with another candidate", async () => {
    const requests = (await counts()).candidate.requests;
    assert.ok(requests > 0);
    await runner.deploy({ hello: HELLO, asking: ASKING, more: { code: answering("more"), routes: ["/more"] } });
    assert.equal((await counts()).candidate.requests, requests);
    await runner.deploy({
      hello: { ...HELLO, versions: { ...HELLO.versions, candidate: answering("v9") } },
      asking: ASKING,
    });
    assert.equal((await counts()).candidate.requests, 0);
    await runner.deploy({ hello: HELLO, asking: ASKING });
  });

  it("refuses the release of a candidate that does not start", async () => {
    const bad = { ...HELLO, versions: { ...HELLO.versions, candidate: "throw new Error('bad candidate')" } };
    const { status, body } = await runner.activate(runner.writeRelease({ hello: bad, asking: ASKING }));
    assert.equal(status, 422);
    assert.match(body, /bad candidate/);
    assert.equal((await ask()).body, "v7");
  });
});

describe("a preview address", () => {
  it("reaches each kept version by its host, whatever the path, and says that it is not to be indexed", async () => {
    for (const [number, text] of [
      [7, "v7"],
      [8, "v8"],
      [3, "v3"],
    ] as const) {
      const answer = await ask({ host: `v${number}--hello.edge.test:8443` }, "/any/path");
      assert.deepEqual([answer.body, answer.headers["x-robots-tag"]], [text, "noindex"]);
    }
    assert.equal((await ask()).headers["x-robots-tag"], undefined);
  });

  it("of a version or function that is not there says so, and nothing of what there is", async () => {
    for (const host of ["v4--hello.edge.test", "v1--nobody.edge.test"]) {
      const answer = await ask({ host });
      assert.deepEqual([answer.status, errorOf(answer).code], [404, "ERR_NO_VERSION"]);
      assert.doesNotMatch(answer.body, /v3--|v7--/);
    }
  });

  it("is none on another domain: there routes decide", async () => {
    assert.equal((await ask({ host: "v3--hello.other.test" })).body, "v7");
  });

  it("of a version that does not start says so, and harms nobody", async () => {
    const answer = await ask({ host: "v5--hello.edge.test" });
    assert.deepEqual([answer.status, errorOf(answer).code], [503, "ERR_FUNCTION_START"]);
    assert.equal((await ask()).body, "v7");
  });

  it("is a token on any host too, and tells its bearer which versions there are", async () => {
    assert.equal((await ask({ "x-edge-preview": tokenOf(3) }, "/")).body, "v3");
    const answer = await ask({ "x-edge-preview": tokenOf(4) });
    assert.equal(answer.status, 404);
    assert.match(errorOf(answer).message, /Of hello there are: v3--hello, v5--hello, v7--hello, v8--hello\./);
  });

  it("is none with a token that has ended, is another fleet's or none at all", async () => {
    for (const token of [tokenOf(3, Date.now() - 1_000), tokenOf(3, Date.now() + 60_000, "other"), "v3--hello", ""]) {
      const answer = await ask({ "x-edge-preview": token });
      assert.deepEqual([answer.status, errorOf(answer).code], [403, "ERR_PREVIEW_TOKEN"], token);
    }
  });
});

it("a version that was the stable one is so again without being started anew", async () => {
  const version = await versionOf("stable");
  const starts = async () => (await runner.metrics()).sum("edge_runner_cold_starts_total", { version });
  const before = await starts();
  const back = { ...HELLO, code: answering("v3"), versions: { number: 3, previews: { 7: HELLO.code } } };
  await runner.deploy({ hello: back });
  assert.equal((await ask()).body, "v3");
  await runner.deploy({ hello: { ...HELLO, versions: { number: 7 } } });
  assert.equal((await ask()).body, "v7");
  assert.equal(await starts(), before);
});
