import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { bundleFunction } from "../../components/functions/bundle.ts";
import { LIMITS } from "../../runner/limits.ts";
import { type TestAnswer, type TestFunction, type TestRequest, TestRunner } from "../../runner/runnerFixture.ts";

/** Packages from npm as people use them, in functions that are bundled and run as any other. */
const APPS = readdirSync(join(import.meta.dirname, "functions")).map((file) => file.replace(/\.ts$/, ""));
const BUNDLE_LIMITS = { bundleBytes: LIMITS.bundleBytes.default, heapMb: LIMITS.heapMb.default };
const JSON_TYPE = { "content-type": "application/json" };

/** `graphql` is at `/graphql`, `ittyRouter` at `/itty-router`. */
const pathOf = (app: string) => `/${app.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

async function built(app: string): Promise<TestFunction> {
  const { modules, bytes } = await bundleFunction(import.meta.dirname, app, BUNDLE_LIMITS);
  const content = (sha256: string) => bytes.get(sha256) as Uint8Array;
  const [code] = modules.filter(({ type }) => type === "esm");
  const others = modules.filter(({ type }) => type === "wasm" || type === "text" || type === "data");
  return {
    code: Buffer.from(content(code?.sha256 as string)).toString(),
    imports: Object.fromEntries(
      others.map(({ name, type, sha256 }) => [name, { type: type as "wasm", bytes: content(sha256) }]),
    ),
    routes: [`${pathOf(app)}/*`, pathOf(app)],
    limits: { cpuMs: 20_000, wallMs: 20_000, startMs: 5_000 },
  };
}

describe("packages from npm run unchanged", () => {
  let runner: TestRunner;
  before(async () => {
    runner = new TestRunner({ workers: 1 });
    await runner.start();
    const functions = await Promise.all(APPS.map(async (app) => [pathOf(app).slice(1), await built(app)] as const));
    await runner.deploy(Object.fromEntries(functions));
  });
  after(() => runner[Symbol.asyncDispose]());

  const ask = (path: string, request?: TestRequest): Promise<TestAnswer> => runner.fetch(path, request);
  async function json(path: string, request?: TestRequest): Promise<unknown> {
    const { status, body } = await ask(path, request);
    assert.equal(status, 200, body);
    return JSON.parse(body);
  }
  const post = (body: unknown): TestRequest => ({ method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });

  it("hono: routes, middleware, forms, tokens, cookies, streams and errors", async () => {
    const user = await ask("/hono/api/users/42?q=x", { headers: { origin: "https://app.example" } });
    assert.deepEqual(JSON.parse(user.body), { id: 42, q: "x" });
    assert.equal(user.headers["access-control-allow-origin"], "https://app.example");
    assert.equal(user.headers["x-content-type-options"], "nosniff");
    const preflight = await ask("/hono/api/users/1", { method: "OPTIONS", headers: { origin: "https://app.example" } });
    assert.deepEqual([preflight.status, preflight.headers["access-control-allow-methods"]], [204, "GET,POST"]);
    const body = `--x\r\ncontent-disposition: form-data; name="name"\r\n\r\nAda\r\n--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\ncontent-type: text/plain\r\n\r\ninside\r\n--x--\r\n`;
    const form = await json("/hono/api/form", {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body,
    });
    assert.deepEqual(form, { name: "Ada", file: ["a.txt", "text/plain", "inside"] });
    const page = await ask("/hono/cached/page");
    assert.equal(page.body, "<p>&lt;b&gt;escaped&lt;/b&gt;</p>");
    assert.equal(
      (await ask("/hono/cached/page", { headers: { "if-none-match": `${page.headers.etag}` } })).status,
      304,
    );
    assert.equal((await ask("/hono/private/page")).status, 401);
    const authorization = `Basic ${Buffer.from("ada:lovelace").toString("base64")}`;
    assert.equal((await ask("/hono/private/page", { headers: { authorization } })).body, "inside");
    const token = (await ask("/hono/token")).body;
    const me = await json("/hono/token/me", { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual(me, { sub: "ada", exp: 4_000_000_000 });
    assert.equal((await ask("/hono/token/me", { headers: { authorization: `Bearer ${token}x` } })).status, 401);
    const cookies = (await ask("/hono/cookie", { headers: { cookie: "seen=once; old=1" } })).headers["set-cookie"];
    assert.deepEqual(cookies, ["seen=once!; Path=/; HttpOnly; SameSite=Lax", "old=; Max-Age=0; Path=/"]);
    assert.equal((await ask("/hono/stream")).body, "one\ntwo\nthree\n");
    const teapot = await ask("/hono/teapot");
    assert.deepEqual([teapot.status, teapot.body], [418, "short and stout"]);
    assert.equal((await ask("/hono/none")).body, "nothing here");
  });

  it("itty-router: parameters, content, errors", async () => {
    assert.deepEqual(await json("/itty-router/hello/ada?x=1"), { hello: "ada", query: { x: "1" } });
    assert.deepEqual(await json("/itty-router/hello"), { hello: "world", query: {} });
    assert.deepEqual(await json("/itty-router/sum", post([1, 2, 3])), { sum: 6 });
    assert.equal((await ask("/itty-router/files/a/b/c.txt")).body, "a/b/c.txt");
    assert.deepEqual(JSON.parse((await ask("/itty-router/forbidden")).body), { status: 403, error: "not for you" });
    assert.deepEqual(JSON.parse((await ask("/itty-router/throws")).body), { status: 500, error: "thrown" });
    assert.deepEqual(JSON.parse((await ask("/itty-router/none")).body), { status: 404, error: "Not Found" });
  });

  it("zod: parses, transforms, and says what is wrong", async () => {
    const order = { id: "8b1f9a52-1c6f-4e1b-9a0e-0d8f6c1f5b8e", email: "ADA@Example.com", placedAt: "2026-01-02", kind: "own", items: [{ sku: "a" }], payment: { by: "card", number: "1234567890" } }; // biome-ignore format: one order
    const parsed = await json("/zod", post(order));
    assert.deepEqual(parsed, { ...order, email: "ada@example.com", placedAt: "2026-01-02T00:00:00.000Z", items: [{ sku: "a", count: 1 }], payment: { by: "card", number: "******7890" } }); // biome-ignore format: one order
    const wrong = await ask("/zod", post({ ...order, id: "x", items: [], payment: { by: "cash" }, extra: 1 }));
    assert.equal(wrong.status, 400);
    const { problems } = JSON.parse(wrong.body) as { problems: string[] };
    for (const path of ["id: ", "items: ", "payment.by: "])
      assert.ok(
        problems.some((problem) => problem.startsWith(path)),
        wrong.body,
      );
    const gift = await ask("/zod", post({ ...order, kind: "gift" }));
    assert.deepEqual(JSON.parse(gift.body).problems, ["address: a gift needs one"]);
    assert.equal((JSON.parse((await ask("/zod")).body) as { type: string }).type, "object");
  });

  it("jose: signs and verifies with keys of every kind, and verifies what others have signed", async () => {
    const signed = (await json("/jose/sign")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(signed), ["HS256", "HS512", "RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"]);
    const refused = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
    for (const [algorithm, [subject, scope, refusals, issuer]] of Object.entries(signed as Record<string, unknown[]>)) {
      assert.deepEqual(
        [subject, scope, issuer],
        ["ada", ["read", "write"], "ERR_JWT_CLAIM_VALIDATION_FAILED"],
        algorithm,
      );
      assert.equal((refusals as string[])[0], refused, algorithm);
      assert.match((refusals as string[])[1] as string, /ERR_JWS_(SIGNATURE_VERIFICATION_FAILED|INVALID)/, algorithm);
    }
    for (const algorithm of ["ES256", "RS256", "EdDSA"]) {
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
      const key = { ...(await exportJWK(publicKey)), kid: "one", alg: algorithm };
      const token = await new SignJWT({ sub: "grace" })
        .setProtectedHeader({ alg: algorithm, kid: "one" })
        .sign(privateKey);
      const verified = (await json("/jose/verify", post({ token, jwks: { keys: [key] } }))) as { payload: object };
      assert.deepEqual(verified.payload, { sub: "grace" }, algorithm);
    }
  });

  it("jose: encrypts and decrypts in every way", async () => {
    const sealed = (await json("/jose/encrypt")) as Record<string, string>;
    assert.equal(Object.keys(sealed).length, 6);
    for (const [algorithm, text] of Object.entries(sealed)) assert.equal(text, "für die Post", algorithm);
  });

  it("marked: renders Markdown", async () => {
    const markdown =
      "# One *two*\n\n- [x] done\n- open\n\n| a | b |\n|---|--:|\n| 1 | `2` |\n\n```ts\nlet x = 1 < 2;\n```\n\n~~gone~~ <https://a.example>";
    const { body, headers } = await ask("/marked", { method: "POST", body: markdown });
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    for (const part of [
      '<h1 id="one-em-two-em-">One <em>two</em></h1>',
      '<input checked="" disabled="" type="checkbox">',
      '<td align="right"><code>2</code></td>',
      '<code class="language-ts">let x = 1 &lt; 2;',
      "<del>gone</del>",
      '<a href="https://a.example">',
    ]) {
      assert.ok(body.includes(part), `${part} in ${body}`);
    }
  });

  it("mustache: renders templates", async () => {
    const view = { title: "A & B", people: [{ name: "Ada", age: 36 }, { name: "<Bob>" }], raw: "<i>raw</i>" };
    const expected = "<h1>A &amp; B</h1><p>Ada (36)</p><p>&lt;Bob&gt;</p><i>raw</i>QUIET";
    assert.equal((await ask("/mustache", post(view))).body, expected);
    assert.equal((await ask("/mustache", post({ title: "T" }))).body, "<h1>T</h1>nobodyQUIET");
  });

  it("graphql: answers queries, mutations and introspection, and tells errors", async () => {
    const query = (text: string, variables?: object) => json("/graphql", post({ query: text, variables }));
    assert.deepEqual(await query("query ($a: String) { books(author: $a) { title } }", { a: "Ada" }), {
      data: { books: [{ title: "Notes" }] },
    });
    const added = await query(
      'mutation { add(title: "New", author: "Grace") { id ...all } } fragment all on Book { title author }',
    );
    assert.deepEqual(added, { data: { add: { id: "3", title: "New", author: "Grace" } } });
    const broken = (await query("{ broken books { id } }")) as {
      data: object;
      errors: { message: string; path: string[] }[];
    };
    assert.deepEqual(broken.data, { broken: null, books: [{ id: "1" }, { id: "2" }] });
    assert.deepEqual([broken.errors[0]?.message, broken.errors[0]?.path], ["broken on purpose", ["broken"]]);
    const types = (await query("{ __schema { queryType { name } } }")) as { data: { __schema: object } };
    assert.deepEqual(types.data.__schema, { queryType: { name: "Query" } });
    const accept = "application/graphql-response+json";
    const refused = await ask("/graphql", { ...post({ query: "{ nothing }" }), headers: { ...JSON_TYPE, accept } });
    assert.deepEqual([refused.status, refused.headers["content-type"]], [400, `${accept}; charset=utf-8`]);
    const got = await json(`/graphql?query=${encodeURIComponent("{ books { id } }")}`, {
      headers: { accept: "application/json" },
    });
    assert.deepEqual(got, { data: { books: [{ id: "1" }, { id: "2" }] } });
  });

  it("drizzle: builds queries for SQLite and PostgreSQL, and maps their rows", async () => {
    const { sent, found, joined } = (await json("/drizzle")) as {
      sent: [string, unknown[], string][];
      found: unknown;
      joined: unknown;
    };
    assert.deepEqual(sent.slice(0, 3), [
      ['select "id", "text", "tags", "at" from "notes" where ("notes"."id" = ? and "notes"."text" like ?) order by "notes"."at" desc limit ?', [7, "s%", 3], "all"],
      ['insert into "notes" ("id", "text", "tags", "at") values (null, ?, ?, ?)', ["new", '["x","y"]', 1], "run"],
      ['update "notes" set "text" = upper("notes"."text") where "notes"."id" in (?, ?)', [1, 2], "run"],
    ]); // biome-ignore format: a table
    assert.deepEqual(found, [{ id: 7, text: "seven", tags: ["a"], at: "1970-01-02T00:00:00.000Z" }]);
    assert.match(
      sent[3]?.[0] ?? "",
      /^select "users"\."name", count\("posts"\."id"\) .* left join "posts" on .* group by .* having .* order by "users"\."name" asc$/,
    );
    assert.deepEqual(joined, [{ name: "Ada", posts: 2 }]);
    assert.match(
      sent[4]?.[0] ?? "",
      /^insert into "users" \("id", "name", "meta"\) values \(default, \$1, \$2\) on conflict do nothing returning "id"$/,
    );
    assert.deepEqual(sent[4]?.[1], ["Ada", '{"a":1}']);
  });

  it("kysely: compiles queries", async () => {
    const { text, parameters } = (await json("/kysely")) as { text: string; parameters: unknown[] };
    assert.match(
      text,
      /^with "grown" as \(select \* from "person" where "age" >= \?\) select "grown"\."name", count\(\*\) as "pets", upper\("grown"\."name"\) as "loud"/,
    );
    assert.deepEqual(parameters, [18, "cat", "A%"]);
  });

  it("dayjs: knows zones, languages and calendars", async () => {
    // The package itself keeps the offset over the change to summer time.
    assert.deepEqual(await json("/dayjs?at=2026-11-21T17:30:00Z"), {
      berlin: "2026-11-21T18:30:00+01:00",
      tokyo: "2026-11-22 02:30 +09:00",
      french: "samedi 21 novembre 2026",
      overTheChange: "2026-03-29T12:00:00+01:00",
      week: 47,
      relative: "in 3 days",
      duration: "a day",
      days: 30,
      invalid: false,
      now: true,
    });
  });

  it("brotli-dec-wasm: a codec in WebAssembly decompresses", async () => {
    const text = "brotli, ".repeat(5_000);
    const send = (bytes: Buffer) => ask("/brotli-wasm", { method: "POST", body: bytes.toString("base64") });
    assert.equal((await send(brotliCompressSync(text))).body, text);
    assert.equal((await send(Buffer.from("no brotli"))).status, 400);
    assert.equal((await send(brotliCompressSync("again"))).body, "again");
  });
});
