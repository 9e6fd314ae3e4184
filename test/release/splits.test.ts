import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { deploySplit, deployStable, endSplit, promote, type TableChange } from "../../runner/release/tableChanges.ts";
import { shareOf, sharesOf } from "../../runner/traffic/arm.ts";
import { deployed, type PolicedFunction, PolicedNode } from "../node/policedNode.ts";
import { addressOf, visit } from "./visitors.ts";

const VISITORS = 1_000;
const PERCENT = 10;

/** Says which version it is, what it saw of cookies, and how often it was asked. */
const saying = (text: string) => `let asked = 0;
export default {
  fetch(request) {
    const headers = { "cache-control": new URL(request.url).pathname.includes("cached") ? "public, max-age=600" : "no-store", "cache-tag": "page" };
    return Response.json({ version: ${JSON.stringify(text)}, cookie: request.headers.get("cookie"), asked: ++asked }, { headers });
  },
};`;
const hello = (text: string, more: Partial<PolicedFunction> = {}): PolicedFunction => ({
  routes: ["/hello/*"],
  code: saying(text),
  ...more,
});
const keyed = (key: string) => ({ policies: { apiKeys: { holder: createHash("sha256").update(key).digest("hex") } } });

const policed = new PolicedNode();
const { node } = policed;

before(async () => {
  await policed.start({ hello: hello("v1"), quiet: { routes: ["/quiet"] } });
  await policed.change(split("v2", PERCENT));
});
after(() => policed[Symbol.asyncDispose]());

function split(text: string, percent: number, more: Partial<PolicedFunction> = {}): TableChange {
  return deploySplit(policed.manifest("hello", hello(text, more)), { percent, guard: null, deployed: deployed() });
}

const ask = (path: string, headers: Record<string, string> = {}) => policed.ask(path, { headers });
const cookieOf = (visitor: string) => ({ cookie: `__Host-edge-visitor=${visitor}` });
const visitorOf = (index: number) => createHash("sha256").update(`visitor ${index}`).digest("hex").slice(0, 16);
const isCandidate = (visitor: string) => shareOf(visitor, "hello") < sharesOf(PERCENT);
const someone = (wanted: boolean, from = 0) => {
  for (let index = from; ; index++) if (isCandidate(visitorOf(index)) === wanted) return visitorOf(index);
};

describe("a split at the node", () => {
  it("gives the candidate as many of a thousand visitors as chance allows, and each of them always the same version", async () => {
    const versions = new Map<string, unknown>();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < VISITORS; index++) {
        const visitor = visitorOf(index);
        const { body } = await ask("/hello/x", cookieOf(visitor));
        assert.equal(versions.get(visitor) ?? body.version, body.version, visitor);
        versions.set(visitor, body.version);
      }
    }
    const candidates = [...versions.values()].filter((version) => version === "v2").length;
    const share = PERCENT / 100;
    const bound = 4 * Math.sqrt(VISITORS * share * (1 - share));
    assert.ok(Math.abs(candidates - VISITORS * share) <= bound, `${candidates} of ${VISITORS}`);
    for (const [visitor, version] of versions) assert.equal(version, isCandidate(visitor) ? "v2" : "v1");
  });

  it("knows a visitor by the address until the cookie comes, and by the cookie wherever the visitor goes then", async () => {
    const seen = new Set<unknown>();
    for (let index = 0; index < 60; index++) {
      const from = addressOf(index);
      const first = await visit(node, "/hello/x", { from });
      const again = await visit(node, "/hello/x", { from });
      const elsewhere = await visit(node, "/hello/x", {
        from: addressOf(1_000 + index),
        headers: { cookie: first.cookie ?? "" },
      });
      const [{ version }, ...others] = [first, again, elsewhere].map(({ body }) => JSON.parse(body));
      assert.deepEqual(
        others.map((other) => other.version),
        [version, version],
      );
      assert.equal(elsewhere.cookie, undefined, "who has the cookie gets none");
      seen.add(version);
    }
    assert.deepEqual([...seen].sort(), ["v1", "v2"]);
  });

  it("sets its cookie where there is a split alone, for this host, out of reach of scripts", async () => {
    const { headers } = await visit(node, "/hello/x", { from: addressOf(0) });
    assert.match(
      `${headers["set-cookie"]}`,
      /^__Host-edge-visitor=[0-9a-f]{16}; Path=\/; Max-Age=604800; Secure; HttpOnly; SameSite=Lax$/,
    );
    assert.equal((await visit(node, "/quiet", { from: addressOf(0) })).cookie, undefined);
  });

  it("keeps the cookie from functions, wherever it stands among others, and takes no other text for one", async () => {
    const mine = cookieOf(someone(false)).cookie;
    for (const [sent, seen] of [
      [mine, null],
      [`a=1; ${mine}`, "a=1"],
      [`${mine}; b=2`, "b=2"],
      [`a=1; ${mine}; b=2`, "a=1; b=2"],
      [`a=1;${mine};b=2`, "a=1;b=2"],
      ["a=1; b=2", "a=1; b=2"],
      [`x${mine}`, `x${mine}`],
      [`${mine}; ${mine}; a=1`, null],
    ] as const) {
      assert.equal((await ask("/hello/x", { cookie: sent })).body.cookie, seen, sent);
    }
    assert.equal(
      (await policed.ask("/hello/x", { headers: { cookie: ["a=1", mine, "b=2"] } })).body.cookie,
      "a=1; b=2",
    );
    const lines = ["GET /hello/x HTTP/1.1", `host: ${node.config.domain}`, "cookie: a=1", `cookie: b=2; ${mine}`];
    assert.doesNotMatch(String((await policed.askRaw(lines)).body.cookie), /__Host-edge/);
    const forged = await visit(node, "/hello/x", {
      from: addressOf(0),
      headers: { cookie: "__Host-edge-visitor=whatever" },
    });
    assert.equal(forged.cookie, (await visit(node, "/hello/x", { from: addressOf(0) })).cookie);
  });

  it("takes no client's word for a version", async () => {
    const { functions } = await policed.change((table) => table);
    const candidate = functions.find(({ name }) => name === "hello")?.split?.manifest.version ?? "";
    assert.equal(
      (await ask("/hello/x", { ...cookieOf(someone(false)), "x-edge-version": candidate })).body.version,
      "v1",
    );
  });

  it("never gives one version's copy to visitors of the other, and keeps one copy for all visitors of each", async () => {
    const [stable, candidate] = [someone(false), someone(true)];
    for (const [visitor, version] of [
      [stable, "v1"],
      [candidate, "v2"],
    ] as const) {
      const first = await ask("/hello/cached", cookieOf(visitor));
      assert.deepEqual([first.headers["x-cache"], first.body.version], ["MISS", version]);
    }
    for (let index = 0; index < 50; index++) {
      const visitor = visitorOf(index);
      const { headers, body } = await ask("/hello/cached", cookieOf(visitor));
      assert.deepEqual([headers["x-cache"], body.version], ["HIT", isCandidate(visitor) ? "v2" : "v1"]);
      assert.equal(headers["x-edge-version"], undefined);
    }
    const copy = await visit(node, "/hello/cached", { from: addressOf(3) });
    assert.deepEqual([copy.cache, copy.cookie?.slice(0, 20)], ["HIT", "__Host-edge-visitor="]);
    assert.equal(copy.headers.vary, undefined);
  });

  it("keeps the stable version's copies when it ends, and never those of its candidate", async () => {
    const visitor = someone(true);
    await policed.change(endSplit("hello", deployed()));
    const { headers, body } = await ask("/hello/cached", cookieOf(visitor));
    assert.deepEqual([headers["x-cache"], body.version], ["HIT", "v1"]);
    assert.equal(headers["set-cookie"], undefined);
    await policed.change(split("v2", PERCENT));
  });

  it("judges each version's visitors by its own policies", async () => {
    await policed.change(split("v3", PERCENT, keyed("for v3")));
    assert.equal((await ask("/hello/x", cookieOf(someone(false)))).body.version, "v1");
    const refused = await ask("/hello/x", cookieOf(someone(true)));
    assert.equal(refused.body.error?.code, "ERR_API_KEY");
    const let_in = await ask("/hello/x", { ...cookieOf(someone(true)), "x-api-key": "for v3" });
    assert.equal(let_in.body.version, "v3");
    await policed.change(split("v2", PERCENT));
  });

  it("loses no request and shows no visitor of the stable version another one while candidates come, grow and go", async () => {
    const visitor = visitorOf(
      Array.from({ length: 1_000 }, (_, index) => index).find(
        (index) => shareOf(visitorOf(index), "hello") > sharesOf(60),
      ) ?? 0,
    );
    let isOver = false;
    const seen = new Set<string>();
    const client = async (name: string) => {
      while (!isOver) {
        const { status, body } = await ask("/hello/x", cookieOf(name));
        seen.add(`${name === visitor ? "late" : "early"}: ${status} ${body.version}`);
      }
    };
    const clients = [client(visitor), client(visitor), client(someone(true))];
    for (const percent of [20, 50]) await policed.change(split("v2", percent));
    await policed.change(endSplit("hello", deployed()));
    assert.equal((await ask("/hello/x", cookieOf(someone(true)))).body.version, "v1");
    await policed.change(split("v2", PERCENT));
    isOver = true;
    await Promise.all(clients);
    const wanted = ["early: 200 v1", "early: 200 v2", "late: 200 v1"];
    assert.deepEqual(
      [...seen].filter((found) => !wanted.includes(found)),
      [],
    );
    assert.ok(seen.has("early: 200 v2") && seen.has("late: 200 v1"));
  });

  it("is over when its candidate is promoted: all visitors get it", async () => {
    await policed.change(promote("hello", deployed()));
    for (const wanted of [true, false])
      assert.equal((await ask("/hello/x", cookieOf(someone(wanted)))).body.version, "v2");
    await policed.change(
      deployStable(policed.manifest("hello", hello("v1")), { owner: "program", deployed: deployed() }),
    );
  });
});
