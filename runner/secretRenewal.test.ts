/** Secrets that change or are missing while the runner serves. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { TestRunner } from "./runnerFixture.ts";
import { StreamClient } from "./streamClient.ts";

/** Answers with its secret's letters in reverse, and counts what its isolate has answered. */
const KEYED = `let answered = 0;
export default { fetch: (request, env) => new Response([...env.KEY].reverse().join("") + " " + ++answered) };`;
/** Sends a first byte, and its secret when the request's body has ended. */
const SLOW = `export default { fetch(request, env) {
  const { readable, writable } = new TransformStream();
  const send = async () => {
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("."));
    await request.text();
    await writer.write(new TextEncoder().encode(env.KEY));
    await writer.close();
  };
  send();
  return new Response(readable);
} };`;
const PLAIN = 'export default { fetch: () => new Response("plain") };';

const reversed = (value: string) => [...value].reverse().join("");

describe("a secret that changes", () => {
  const runner = new TestRunner({ workers: 1 });
  const keyed = { code: KEYED, routes: ["/keyed"], secrets: { KEY: "payments-key" } };
  const renew = async () => JSON.parse((await runner.ask("/secrets", { method: "POST" })).body);
  before(async () => {
    await runner.start();
    runner.writeSecret("payments-key", "hunter2-old");
    runner.writeSecret("other-key", "hunter2-other");
    runner.writeSecret("slow-key", "hunter2-slow");
    await runner.deploy({
      keyed,
      other: { code: KEYED, routes: ["/other"], secrets: { KEY: "other-key" } },
      plain: { code: PLAIN, routes: ["/plain"] },
      slow: { code: SLOW, routes: ["/slow"], secrets: { KEY: "slow-key" } },
    });
  });
  after(() => runner[Symbol.asyncDispose]());

  it("reaches the isolates of functions that use it without a release, and leaves others alone", async () => {
    assert.equal((await runner.fetch("/keyed")).body, `${reversed("hunter2-old")} 1`);
    assert.equal((await runner.fetch("/other")).body, `${reversed("hunter2-other")} 1`);
    assert.deepEqual(await renew(), { renewed: [], refused: {} });
    runner.writeSecret("payments-key", "hunter2-new");
    assert.deepEqual(await renew(), { renewed: ["keyed"], refused: {} });
    assert.equal((await runner.fetch("/keyed")).body, `${reversed("hunter2-new")} 1`, "an isolate of its own");
    assert.equal((await runner.fetch("/other")).body, `${reversed("hunter2-other")} 2`, "the same isolate as before");
    const metrics = await runner.metrics();
    assert.equal(metrics.sum("edge_runner_secret_renewals_total", { outcome: "renewed" }), 1);
    assert.ok(!runner.lines.some((line) => JSON.stringify(line).includes("hunter2")));
  });

  it("leaves requests under way with the value that they began with", async () => {
    const client = new StreamClient(runner, "/slow", { method: "POST" });
    client.request.write("a");
    const response = await client.response;
    const chunks = response[Symbol.asyncIterator]();
    assert.equal(`${(await chunks.next()).value}`, ".");
    runner.writeSecret("slow-key", "hunter2-fast");
    assert.deepEqual(await renew(), { renewed: ["slow"], refused: {} });
    const later = await runner.fetch("/slow", { method: "POST", body: "a" });
    assert.equal(later.body, ".hunter2-fast");
    client.request.end();
    assert.equal(`${(await chunks.next()).value}`, "hunter2-slow");
  });

  it("stays as it was in isolates while its file cannot be read, and a new release of others passes", async () => {
    rmSync(join(runner.config.secretsDir, "payments-key"));
    assert.deepEqual(await renew(), { renewed: [], refused: {} });
    assert.match((await runner.fetch("/keyed")).body, new RegExp(reversed("hunter2-new")));
    await runner.deploy({ keyed, plain: { code: PLAIN, routes: ["/plain2"] } });
    assert.equal((await runner.fetch("/plain2")).body, "plain");
    assert.match((await runner.fetch("/keyed")).body, new RegExp(reversed("hunter2-new")));
    runner.writeSecret("payments-key", "hunter2-back");
    assert.deepEqual(await renew(), { renewed: ["keyed"], refused: {} });
    assert.match((await runner.fetch("/keyed")).body, new RegExp(reversed("hunter2-back")));
  });

  it("refuses a release that brings a function whose secret is missing, and what is served stays", async () => {
    const wanting = { code: KEYED, routes: ["/wanting"], secrets: { KEY: "ssm:/prod/none" } };
    const { status, body } = await runner.activate(runner.writeRelease({ keyed, wanting }));
    assert.equal(status, 422);
    assert.match(
      JSON.parse(body).functions.wanting.reason,
      /the secret ssm:\/prod\/none \(KEY of wanting\): .* could not be fetched; the agent's log says why/,
    );
    assert.match((await runner.fetch("/keyed")).body, new RegExp(reversed("hunter2-back")));
  });
});

describe("a secret that is missing on a node that serves nothing yet", () => {
  const runner = new TestRunner({ workers: 1 });
  before(() => runner.start());
  after(() => runner[Symbol.asyncDispose]());

  it("keeps its function from being served and no other, until it is there", async () => {
    const functions = {
      keyed: { code: KEYED, routes: ["/keyed"], secrets: { KEY: "payments-key" } },
      plain: { code: PLAIN, routes: ["/plain"] },
    };
    const { status, body } = await runner.activate(runner.writeRelease(functions));
    assert.equal(status, 200, body);
    const said = JSON.parse(body).functions;
    assert.equal(said.plain.status, "active");
    assert.equal(said.keyed.status, "refused");
    assert.match(said.keyed.reason, /secret payments-key \(KEY of keyed\): .*payments-key is not there; write/);
    assert.equal(JSON.parse((await runner.ask("/releases")).body).functions.keyed.status, "refused");

    assert.equal((await runner.fetch("/plain")).body, "plain");
    const answer = await runner.fetch("/keyed");
    assert.equal(answer.status, 503);
    assert.equal(answer.headers["x-edge-error"], "ERR_SECRET_UNAVAILABLE");

    await runner.deploy({ ...functions, later: { code: PLAIN, routes: ["/later"] } });
    assert.equal((await runner.fetch("/later")).body, "plain", "it holds up no later release");

    runner.writeSecret("payments-key", "hunter2");
    await runner.ask("/secrets", { method: "POST" });
    assert.equal(JSON.parse((await runner.ask("/releases")).body).functions.keyed.status, "active");
    assert.equal((await runner.fetch("/keyed")).body, `${reversed("hunter2")} 1`);
  });
});
