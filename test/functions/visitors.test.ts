import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, describe, it } from "node:test";
import { type TestAnswer, TestRunner, until } from "../../runner/runnerFixture.ts";
import { documentedConfigs, readyFunction, runSchedule } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const configs = documentedConfigs();
const configOf = (name: string) => configs.get(name) as NonNullable<ReturnType<(typeof configs)["get"]>>;
const FORM = "application/x-www-form-urlencoded";

describe("ready functions for visitors, in a real runner", () => {
  let upstream: Upstream;
  let runner: TestRunner;
  before(async () => {
    upstream = await new Upstream().listen();
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port: upstream.port }] });
    await runner.start();
    const counter = await readyFunction(configOf("counter"), {});
    const redirects = await readyFunction(configOf("redirects"), {});
    const [map] = Object.keys(redirects.imports ?? {});
    const lines = Array.from({ length: 10_000 }, (_, n) => `/many/${n} /to/${n}`).join("\n");
    await runner.deploy({
      counter,
      bare: { ...counter, routes: ["/bare/*"], bindings: {} },
      guestbook: await readyFunction(configOf("guestbook"), {}),
      localize: await readyFunction(configOf("localize"), {}),
      redirects,
      many: {
        ...redirects,
        routes: ["/many/*"],
        env: { UPSTREAM: upstream.url },
        imports: { [map as string]: { type: "text", bytes: Buffer.from(lines) } },
      },
      "ab-test": await readyFunction(configOf("ab-test"), {
        UPSTREAM: `${upstream.url}/app`,
        SOURCE: `${upstream.url}/experiment`,
      }),
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    upstream.close();
  });

  const get = (path: string, headers: Record<string, string> = {}) => runner.fetch(path, { headers });
  const jsonOf = ({ body }: TestAnswer) => JSON.parse(body) as Record<string, unknown>;

  describe("counter", () => {
    it("counts every request once, however many come at the same time", async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => runner.fetch("/counter/visits", { method: "POST" })),
      );
      const counts = answers.map((answer) => jsonOf(answer).count as number).sort((a, b) => a - b);
      assert.deepEqual(
        counts,
        Array.from({ length: 40 }, (_, n) => n + 1),
      );
      const told = { name: "visits", count: 40, scope: "node", region: "eu-test-1" };
      assert.deepEqual(jsonOf(await get("/counter/visits")), told);
    });

    it("tells a browser of every change", async () => {
      const events = await streamOf(runner, "/counter/watched");
      await until("the first number is there", () => events.text.includes('{"name":"watched","count":0}'));
      await runner.fetch("/counter/watched", { method: "POST" });
      await until("the next one is there", () => events.text.includes('{"name":"watched","count":1}'));
      events.close();
    });

    it("refuses names and methods that are none, and says what its config lacks", async () => {
      for (const path of ["/counter/", "/counter", "/counter/A", "/counter/%27;DROP", `/counter/${"x".repeat(65)}`])
        assert.equal((await get(path)).status, 400, path);
      assert.equal((await runner.fetch("/counter/x", { method: "DELETE" })).status, 405);
      assert.match((await get("/bare/x")).body, /bindings\.DB to \{ sql: counter \}/);
    });
  });

  describe("guestbook", () => {
    const write = (body: string, headers: Record<string, string> = {}) =>
      runner.fetch("/guestbook", { method: "POST", headers: { "content-type": FORM, ...headers }, body });

    it("renders what visitors wrote as text", async () => {
      assert.match((await get("/guestbook")).body, /^<!doctype html><html lang="en">.*Nobody has written yet/s);
      const entry = new URLSearchParams({
        name: '<img src=x onerror="a">',
        text: "</p><script>alert(1)</script> & 'ü'",
      });
      const { status, headers } = await write(`${entry}`, { "x-edge-country": "CH" });
      assert.deepEqual([status, headers.location], [303, "/guestbook"]);
      const { body, headers: pageHeaders } = await get("/guestbook");
      assert.match(body, /&lt;img src=x onerror=&quot;a&quot;&gt; <small>from CH<\/small>/);
      assert.match(body, /&lt;\/p&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt; &amp;/);
      assert.ok(!body.includes("<script"));
      assert.match(pageHeaders["content-security-policy"] as string, /default-src 'none'/);
      assert.equal(pageHeaders["cache-control"], "private, no-store");
    });

    it("takes no form that is empty, huge, of another kind or from another site", async () => {
      for (const [body, headers, status, says] of [
        ["", {}, 400, /name and some words/],
        ["name=%FF&text=%00", {}, 400, /name and some words/],
        [`name=x&text=${"y".repeat(9_000)}`, {}, 400, /name and some words/],
        [`name=x&text=${"y".repeat(1_001)}`, {}, 400, /at most 1000/],
        ['{"name":"x"}', { "content-type": "application/json" }, 400, /name and some words/],
        ["name=x&text=y", { "sec-fetch-site": "cross-site" }, 403, /another site/],
      ] as const) {
        const answer = await write(body, headers);
        assert.equal(answer.status, status, body.slice(0, 40));
        assert.match(answer.body, says);
      }
      assert.equal((await runner.fetch("/guestbook", { method: "PUT" })).status, 405);
    });
  });

  it("localize: fits the country, for one copy of each", async () => {
    for (const [country, currency, price, asksConsent] of [
      ["DE", "EUR", "9,19\u00a0€", true],
      ["JP", "JPY", "￥1,499", false],
      ["US", "USD", "$9.99", false],
      ["ZZ", "USD", "$9.99", false],
      ["XX", "USD", "$9.99", true],
    ] as const) {
      const answer = await get("/localize?price=9.99", { "x-edge-country": country });
      const told = jsonOf(answer);
      assert.deepEqual([told.currency, told.price, told.asksConsent], [currency, price, asksConsent], country);
      assert.equal(answer.headers.vary, "x-edge-country");
      assert.match(answer.headers["cache-control"] as string, /^public/);
    }
    for (const price of ["", "x", "-1", "1e7", "NaN", "0x", "9".repeat(2_000)]) {
      const { status, headers } = await get(`/localize?price=${price}`);
      assert.deepEqual([status, headers["cache-control"]], [400, "no-store"], price.slice(0, 9));
    }
  });

  describe("redirects", () => {
    it("by its map, and 404 for what is not in it", async () => {
      const { status, headers } = await get("/old/blog/2020/a?x=1");
      assert.deepEqual([status, headers.location], [308, "/news/2020/a?x=1"]);
      assert.match(headers["cache-control"] as string, /s-maxage=3600/);
      assert.equal((await get("/old/forum")).status, 410);
      assert.equal((await get("/old/none")).status, 404);
      assert.equal((await get("/old/shop//evil.test/")).headers.location, "https://shop.example.com//evil.test/");
    });

    it("ten thousand of them, and the upstream for the rest", async () => {
      assert.equal((await get("/many/9999")).headers.location, "/to/9999");
      assert.equal(jsonOf(await get("/many/10000?x=1")).url, "/many/10000?x=1");
    });
  });

  describe("ab-test", () => {
    const experiment = (text: string) => {
      upstream.handlers.experiment = (_, response) => response.end(text);
      return runSchedule(runner, configOf("ab-test"));
    };
    const visit = (cookie = "") => get("/checkout/a?x=1", { cookie });
    const variantOf = (answer: TestAnswer) =>
      (jsonOf(answer).headers as Record<string, string | undefined>)["x-variant"];

    it("shows everybody the upstream as it is while there is no experiment", async () => {
      const answer = await get("/checkout/a", { "x-variant": "forged" });
      assert.equal(jsonOf(answer).url, "/app/checkout/a");
      assert.equal(variantOf(answer), undefined);
      assert.equal(answer.headers["set-cookie"], undefined);
    });

    it("takes no experiment that is none", async () => {
      for (const text of [
        "",
        "null",
        "{",
        '{"variants":{}}',
        '{"variants":{"a":{"weight":1,"path":"//evil"}}}',
        `"${"x".repeat(70_000)}"`,
      ])
        assert.equal(await experiment(text), "failed", text.slice(0, 30));
    });

    it("keeps visitors on their variant, and gives forged ones a new one", async () => {
      assert.equal(await experiment('{"variants":{"control":{"weight":1},"new":{"weight":1,"path":"/new"}}}'), "ok");
      await until("the experiment holds", async () => variantOf(await visit()) !== undefined);
      const first = await Promise.all(Array.from({ length: 60 }, () => visit()));
      const cookies = first.map((answer) => (answer.headers["set-cookie"]?.[0] ?? "").split(";")[0] as string);
      assert.deepEqual([...new Set(cookies)].sort(), ["ab-checkout=control", "ab-checkout=new"]);
      for (const cookie of new Set(cookies)) {
        const again = await visit(`other=1; ${cookie}`);
        assert.equal(again.headers["set-cookie"], undefined);
        assert.equal(variantOf(again), cookie.replace("ab-", ""));
        assert.equal(jsonOf(again).url, cookie.endsWith("new") ? "/app/new/checkout/a?x=1" : "/app/checkout/a?x=1");
        assert.equal(again.headers["cache-control"], "private, no-cache");
      }
      for (const forged of ["ab-checkout=none", "ab-checkout=__proto__", "ab-checkout=", "ab-checkout=../../x"])
        assert.match(
          (await visit(forged)).headers["set-cookie"]?.[0] ?? "",
          /^ab-checkout=(control|new); Path=\/;/,
          forged,
        );
    });
  });
});

/** What comes of an endless answer, as it comes. */
function streamOf({ config }: TestRunner, path: string): Promise<{ text: string; close(): void }> {
  return new Promise((resolve, reject) => {
    const options = { socketPath: config.data, path, headers: { host: "edge.example", accept: "text/event-stream" } };
    const request = httpRequest(options, (response) => {
      assert.equal(response.headers["content-type"], "text/event-stream");
      const stream = { text: "", close: () => request.destroy() };
      response.on("data", (chunk) => {
        stream.text += chunk;
      });
      response.on("error", () => {});
      resolve(stream);
    });
    request.once("error", reject).end();
  });
}
