import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { commandSocket } from "../../components/node/commandSockets.ts";
import { purge } from "../../runner/agent/cache/varnishPurge.ts";
import { previewToken } from "../../runner/release/previewToken.ts";
import { deployPreview, deployStable } from "../../runner/release/tableChanges.ts";
import { deployed, type PolicedFunction, PolicedNode } from "../node/policedNode.ts";

const SECRET = "of the whole fleet";
const policed = new PolicedNode();
const { domain } = policed.node.config;

const saying = (text: string, more: Partial<PolicedFunction> = {}): PolicedFunction => ({
  routes: ["/hello/*"],
  code: `let asked = 0;
export default {
  fetch() {
    const headers = { "cache-control": "public, max-age=600", "cache-tag": "page" };
    return Response.json({ version: ${JSON.stringify(text)}, asked: ++asked }, { headers });
  },
};`,
  ...more,
});
const keyed = (key: string) => ({ policies: { apiKeys: { holder: createHash("sha256").update(key).digest("hex") } } });

before(async () => {
  policed.node.runner.writeSecret("release-preview", SECRET);
  await policed.start({ hello: saying("v1"), "on-deploy": saying("d1", { routes: ["/deploy/*"] }) });
  await policed.change(deployPreview(policed.manifest("hello", saying("v2")), deployed()));
  await policed.change(deployPreview(policed.manifest("hello", saying("v3", keyed("for v3"))), deployed()));
});
after(() => policed[Symbol.asyncDispose]());

const of = (label: string, path = "/hello/page", headers: Record<string, string> = {}) =>
  policed.ask(path, { host: `${label}.${domain}`, headers });
const ask = (path: string, headers: Record<string, string> = {}) => policed.ask(path, { headers });
const forget = (order: Parameters<typeof purge>[1]) => purge(commandSocket(policed.node.layout, "varnish"), order);
const tokenOf = (number: number) =>
  previewToken({ function: "hello", number, endsAt: new Date(Date.now() + 60_000) }, SECRET);

describe("a version's own host", () => {
  it("leads to it whatever its routes, from outside, and search engines are told to leave it alone", async () => {
    for (const [label, version] of [
      ["v1--hello", "v1"],
      ["v2--hello", "v2"],
    ] as const) {
      const { body, headers } = await of(label, "/somewhere/else");
      assert.deepEqual([body.version, headers["x-robots-tag"]], [version, "noindex"]);
    }
    assert.equal((await of("V2--Hello", "/case")).body.version, "v2");
  });

  it("has copies of its own", async () => {
    assert.deepEqual([(await ask("/hello/page")).body.version, (await of("v2--hello")).body.version], ["v1", "v2"]);
    const [live, preview] = [await ask("/hello/page"), await of("v2--hello")];
    assert.deepEqual([live.headers["x-cache"], live.body.version], ["HIT", "v1"]);
    assert.deepEqual(
      [preview.headers["x-cache"], preview.body.version, preview.headers["x-robots-tag"]],
      ["HIT", "v2", "noindex"],
    );
  });

  it("is purged with its tags, by its host and by its URL", async () => {
    for (const order of [
      { kind: "tag", tag: "page" },
      { kind: "host", host: `v2--hello.${domain}` },
      { kind: "url", url: new URL(`https://v2--hello.${domain}/hello/page`), isSoft: false },
    ] as const) {
      await of("v2--hello");
      assert.equal((await of("v2--hello")).headers["x-cache"], "HIT");
      await forget(order);
      assert.equal((await of("v2--hello")).headers["x-cache"], "MISS", order.kind);
    }
  });

  it("asks what the version's own policies ask, and nothing that others ask", async () => {
    assert.equal((await of("v3--hello")).body.error?.code, "ERR_API_KEY");
    assert.equal((await of("v3--hello", "/any", { "x-api-key": "for v3" })).body.version, "v3");
    assert.equal((await of("v2--hello")).body.version, "v2");
  });

  it("of a version that is not kept says so", async () => {
    for (const label of ["v9--hello", "v1--nobody"]) {
      const { status, body } = await of(label);
      assert.deepEqual([status, body.error?.code], [404, "ERR_NO_VERSION"]);
    }
  });
});

describe("a preview's token", () => {
  it("leads to the version on the ordinary host, past the cache", async () => {
    await ask("/hello/page");
    for (let times = 0; times < 2; times++) {
      const { body, headers } = await ask("/hello/page", { "x-edge-preview": tokenOf(2) });
      assert.deepEqual([body.version, headers["x-cache"], headers["x-robots-tag"]], ["v2", "PASS", "noindex"]);
    }
    const live = await ask("/hello/page");
    assert.deepEqual([live.body.version, live.headers["x-cache"]], ["v1", "HIT"]);
  });

  it("asks what the version's policies ask", async () => {
    const headers = { "x-edge-preview": tokenOf(3) };
    assert.equal((await ask("/hello/page", headers)).body.error?.code, "ERR_API_KEY");
    assert.equal((await ask("/hello/page", { ...headers, "x-api-key": "for v3" })).body.version, "v3");
  });

  it("opens nothing when it is none", async () => {
    const { status, body } = await ask("/hello/page", { "x-edge-preview": "v2--hello.1999999999.nonsense" });
    assert.deepEqual([status, body.error?.code], [403, "ERR_PREVIEW_TOKEN"]);
  });
});

describe("copies when another version is the stable one", () => {
  const deploy = (text: string, onDeploy: PolicedFunction["onDeploy"]) => {
    const manifest = policed.manifest(
      "on-deploy",
      saying(text, { routes: ["/deploy/*"], ...(onDeploy && { onDeploy }) }),
    );
    return policed.change(deployStable(manifest, { owner: "program", deployed: deployed() }));
  };
  const seen = async () => {
    const { body, headers } = await ask("/deploy/page");
    return [headers["x-cache"], body.version];
  };

  it("serve on, as long as they are fresh, where the function says nothing", async () => {
    assert.deepEqual(await seen(), ["MISS", "d1"]);
    await deploy("d2", undefined);
    assert.deepEqual(await seen(), ["HIT", "d1"]);
  });

  it("are each version's own with scope, and there again after a roll-back", async () => {
    await deploy("d3", "scope");
    assert.deepEqual(
      [await seen(), await seen()],
      [
        ["MISS", "d3"],
        ["HIT", "d3"],
      ],
    );
    await deploy("d4", "scope");
    assert.deepEqual(
      [await seen(), await seen()],
      [
        ["MISS", "d4"],
        ["HIT", "d4"],
      ],
    );
    await deploy("d3", "scope");
    assert.deepEqual(await seen(), ["HIT", "d3"]);
  });

  it("are forgotten with purge", async () => {
    await deploy("d5", "purge");
    assert.deepEqual(
      [await seen(), await seen()],
      [
        ["MISS", "d5"],
        ["HIT", "d5"],
      ],
    );
    await deploy("d6", "purge");
    assert.deepEqual(await seen(), ["MISS", "d6"]);
    await deploy("d5", "purge");
    assert.deepEqual(await seen(), ["MISS", "d5"]);
  });
});
