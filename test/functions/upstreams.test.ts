import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { shareOf } from "../../functions/ready/buckets.ts";
import { type TestFunction, TestRunner, until } from "../../runner/runnerFixture.ts";
import { Bucket, isSigned } from "./bucket.ts";
import { documentedConfigs, readyFunction, runSchedule } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const KEY_ID = "AKIDEXAMPLE";
const KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const configs = documentedConfigs();
const configOf = (name: string) => configs.get(name) as NonNullable<ReturnType<(typeof configs)["get"]>>;

describe("ready functions before other servers, in a real runner", () => {
  let upstream: Upstream;
  let runner: TestRunner;
  before(async () => {
    upstream = await new Upstream().listen();
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port: upstream.port }] });
    runner.writeSecret("new-bucket-key-id", KEY_ID);
    runner.writeSecret("new-bucket-key", KEY);
    await runner.start();
    const buckets = await readyFunction(configOf("buckets"), {
      OLD: `${upstream.url}/old`,
      NEW: `${upstream.url}/new/`,
      PERCENT: "50",
    });
    const warmUp = await readyFunction(configOf("warm-up"), { URLS: `${upstream.url}/page\n ${upstream.url}/slow` });
    const catalog = await readyFunction(configOf("catalog"), { UPSTREAM: `${upstream.url}/api` });
    const variant = (of: TestFunction, name: string, env: Record<string, string>): [string, TestFunction] => [
      name,
      { ...of, routes: of.routes.length === 0 ? [] : [`/${name}/*`], env: { ...of.env, ...env } },
    ];
    await runner.deploy({
      buckets,
      catalog,
      "warm-up": warmUp,
      ...Object.fromEntries([
        variant(buckets, "unset", { PERCENT: "101" }),
        variant(buckets, "nowhere", { NEW: "x" }),
        variant(warmUp, "warm-none", { URLS: "" }),
        variant(warmUp, "warm-wrong", { URLS: "ftp://x/ /page" }),
        variant(warmUp, "warm-many", { URLS: Array.from({ length: 41 }, (_, n) => `http://x/${n}`).join(" ") }),
      ]),
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    upstream.close();
  });

  const get = (path: string, headers: Record<string, string> = {}) => runner.fetch(path, { headers });

  describe("buckets", () => {
    const moved = keys("moved", (share) => share < 50);
    const unmoved = keys("unmoved", (share) => share >= 50);
    let old: Bucket;
    let next: Bucket;
    beforeEach(() => {
      old = new Bucket();
      next = new Bucket();
      upstream.handlers.old = old.handle;
      upstream.handlers.new = next.handle;
    });
    const copied = (key: string) => until(`${key} is copied`, () => next.objects.has(key));

    it("reads a key that has not moved from the old bucket alone", async () => {
      const key = unmoved();
      old.objects.set(key, "old");
      next.objects.set(key, "new");
      const { body, headers } = await get(`/buckets/${key}`);
      assert.deepEqual([body, headers["x-bucket"], headers["content-type"]], ["old", "old", "text/plain"]);
      assert.equal(next.requests.length, 0);
    });

    it("reads one that has moved from the new bucket, with a signature, and copies what that has not", async () => {
      const key = moved();
      old.objects.set(key, "content");
      assert.deepEqual(pick(await get(`/buckets/${key}?x-id=GetObject`)), ["content", "old"]);
      await copied(key);
      assert.deepEqual(pick(await get(`/buckets/${key}`)), ["content", "new"]);
      assert.deepEqual(
        next.requests.map(({ method }) => method),
        ["GET", "PUT", "GET"],
      );
      const [asked, put] = next.requests;
      assert.match(
        asked?.headers.authorization ?? "",
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/s3\/aws4_request, SignedHeaders=[\w;-]+, Signature=[0-9a-f]{64}$/,
      );
      assert.deepEqual(
        [put?.headers["content-length"], put?.headers["if-none-match"], put?.headers["content-type"]],
        ["7", "*", "text/plain"],
      );
      assert.equal(old.requests.length, 1);
    });

    it("signs keys of every kind as buckets check them", async () => {
      for (const name of ["a%20b+c", "%C3%BC", "~!$&'()*,;=:@", "x".repeat(900)]) {
        const key = keys(name, (share) => share < 50)();
        old.objects.set(key, "content");
        assert.equal((await get(`/buckets/${key}`)).status, 200, name);
        await until(`${name} is copied`, () => next.requests.at(-1)?.method === "PUT");
        for (const asked of next.requests.splice(0)) assert.ok(isSigned(asked, KEY), `${asked.method} ${asked.url}`);
      }
    });

    it("falls back while the new bucket fails, refuses or does not answer, and says nothing of credentials", async () => {
      for (const fail of [
        (_: IncomingMessage, response: ServerResponse) => response.writeHead(503).end(),
        (_: IncomingMessage, response: ServerResponse) => response.writeHead(403).end("<SecretAccessKey/>"),
        (request: IncomingMessage) => request.socket.destroy(),
      ]) {
        upstream.handlers.new = fail;
        const key = moved();
        old.objects.set(key, "content");
        assert.deepEqual(pick(await get(`/buckets/${key}`)), ["content", "old"]);
      }
    });

    it("does not copy what is partial, too large or not there", async () => {
      const [part, large, none] = [moved(), moved(), moved()];
      old.objects.set(part, "content");
      old.objects.set(large, "x".repeat(8_388_609));
      const range = await get(`/buckets/${part}`, { range: "bytes=0-2" });
      assert.deepEqual([range.status, range.body], [206, "con"]);
      assert.equal((await get(`/buckets/${large}`)).body.length, 8_388_609);
      assert.equal((await get(`/buckets/${none}`)).status, 404);
      assert.equal((await runner.fetch(`/buckets/${part}`, { method: "HEAD" })).status, 200);
      // Copies of the test before may still be on their way.
      const put = next.requests.filter(({ method }) => method === "PUT").map(({ url }) => url?.slice("/new/".length));
      assert.ok(![part, large, none].some((key) => put.includes(key)));
    });

    it("writes nothing for clients, and says what its config lacks", async () => {
      assert.equal((await runner.fetch("/buckets/x", { method: "PUT", body: "x" })).status, 405);
      assert.equal((await get("/buckets/")).status, 404);
      assert.match((await get("/unset/x")).body, /no percentage from 0 to 100/);
      assert.match((await get("/nowhere/x")).body, /env\.NEW/);
    });
  });

  describe("catalog", () => {
    const api = (status: number, type: string, body: string, more: Record<string, string> = {}) => {
      const seen: IncomingMessage[] = [];
      upstream.handlers.api = (request, response) => {
        seen.push(request);
        response.writeHead(status, { "content-type": type, ...more }).end(body);
      };
      return seen;
    };
    const ITEMS = '{"items":[{"name":"<b>one</b>"}]}';

    it("gives data that caches keep and refresh, with the next page as a hint", async () => {
      const seen = api(200, "application/json; charset=utf-8", ITEMS, {
        etag: '"1"',
        "set-cookie": "a=1",
        vary: "cookie",
      });
      const { status, headers, body } = await get("/catalog/api/items?page=2", {
        cookie: "who=me",
        authorization: "x",
      });
      assert.deepEqual([status, body, headers.etag], [200, ITEMS, '"1"']);
      assert.match(headers["cache-control"] as string, /stale-while-revalidate=600, stale-if-error=86400/);
      assert.deepEqual([headers["set-cookie"], headers.vary], [undefined, undefined]);
      assert.equal(headers.link, "</catalog/api/items?page=3>; rel=prefetch");
      assert.equal(seen[0]?.url, "/api/items?page=2");
      assert.deepEqual([seen[0]?.headers.cookie, seen[0]?.headers.authorization], [undefined, undefined]);
    });

    it("passes on that a copy is still the newest", async () => {
      const seen = api(304, "application/json", "", { etag: '"1"' });
      const { status, headers } = await get("/catalog/api/items", { "if-none-match": '"1"' });
      assert.deepEqual([status, headers.etag, seen[0]?.headers["if-none-match"]], [304, '"1"', '"1"']);
    });

    it("keeps nothing of an upstream that fails or answers with something else", async () => {
      for (const [status, type, body] of [
        [500, "application/json", "{}"],
        [302, "text/html", ""],
        [200, "text/html", "<script>"],
        [200, "application/json", "{"],
        [200, "application/json", ""],
        [200, "application/json", `"${"x".repeat(1_100_000)}"`],
      ] as const) {
        api(status, type, body);
        const answer = await get("/catalog/api/items/one");
        assert.deepEqual([answer.status, answer.headers["cache-control"]], [502, "no-store"], `${status} ${type}`);
      }
    });

    it("asks the upstream nothing that it has no page for", async () => {
      const seen = api(200, "application/json", "{}");
      for (const [path, status] of [
        ["/catalog/api/items?page=0", 400],
        ["/catalog/api/items?page=1e3", 400],
        ["/catalog/api/items?bust=1", 400],
        ["/catalog/api/admin", 404],
        [`/catalog/api/items/${"x".repeat(65)}`, 404],
        ["/catalog/none", 404],
      ] as const)
        assert.equal((await get(path)).status, status, path);
      assert.equal(seen.length, 0);
    });

    it("sends a page that tells browsers what comes next, and the service worker for it", async () => {
      const page = await get("/catalog/");
      assert.match(page.body, /<script type="module" src="\/catalog\/app\.js">/);
      assert.match(page.headers.link as string, /<\/catalog\/style\.css>; rel=preload; as=style/);
      const rules = await get(JSON.parse(page.headers["speculation-rules"] as string));
      assert.equal(rules.headers["content-type"], "application/speculationrules+json");
      assert.ok(JSON.parse(rules.body).prefetch);
      for (const [file, type] of [
        ["sw.js", /javascript/],
        ["app.js", /javascript/],
        ["style.css", /css/],
      ] as const) {
        const { status, headers } = await get(`/catalog/${file}`);
        assert.equal(status, 200, file);
        assert.match(headers["content-type"] as string, type);
      }
      assert.equal((await get("/catalog")).headers.location, "/catalog/");
    });
  });

  describe("warm-up", () => {
    it("fetches every page, and has failed only when none could be had", async () => {
      const seen: string[] = [];
      upstream.handlers.page = (request, response) => response.end(seen.push(request.url as string).toString());
      upstream.handlers.slow = (request) => request.socket.destroy();
      assert.equal(await runSchedule(runner, configOf("warm-up")), "ok");
      assert.deepEqual(seen, ["/page"]);
      await until("the log says so", () => logOf("pages were warmed") !== undefined);
      assert.match(logOf("pages were warmed") as string, /\\"pages\\":1,\\"failed\\":1/);
      upstream.handlers.page = (_, response) => response.writeHead(404).end();
      assert.equal(await runSchedule(runner, configOf("warm-up")), "failed");
    });

    it("says what its config lacks", async () => {
      for (const [name, says] of [
        ["warm-none", /no pages: set edge-fleet:functions\.warm-up\.env\.URLS/],
        ["warm-wrong", /no http: or https: URL: ftp:\/\/x\/, \/page/],
        ["warm-many", /has 41 pages, the most is 40/],
      ] as const) {
        assert.equal(await runSchedule(runner, { ...configOf("warm-up"), name }), "failed");
        await until(`the log names the fault of ${name}`, () =>
          runner.lines.some((line) => says.test(JSON.stringify(line))),
        );
      }
    });

    const logOf = (text: string) =>
      runner.lines.map((line) => JSON.stringify(line)).find((line) => line.includes(text));
  });
});

/** Keys one after the other whose share fits. */
function keys(name: string, fits: (share: number) => boolean): () => string {
  let n = 0;
  return () => {
    for (;;) {
      n += 1;
      const key = `${name}/${n}.txt`;
      if (fits(shareOf(key))) return key;
    }
  };
}

function pick({ body, headers }: { readonly body: string; readonly headers: Record<string, unknown> }) {
  return [body, headers["x-bucket"]];
}
