import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { type TestAnswer, type TestFunction, TestRunner } from "../../runner/runnerFixture.ts";
import { documentedConfigs, readyFunction } from "./ready.ts";
import { Upstream } from "./upstream.ts";

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SECRET = "a secret of more than thirty-two bytes";
const ISSUER = "https://login.example.com/";
const configs = documentedConfigs();

describe("ready functions that guard a site, in a real runner", () => {
  let upstream: Upstream;
  let runner: TestRunner;
  const jwt = configs.get("jwt") as NonNullable<ReturnType<(typeof configs)["get"]>>;
  const headers = configs.get("security-headers") as typeof jwt;
  before(async () => {
    upstream = await new Upstream().listen();
    runner = new TestRunner({ workers: 1, origins: [{ host: "127.0.0.1", port: upstream.port }] });
    runner.writeSecret("jwt-secret", SECRET);
    runner.writeSecret("weak", "short");
    await runner.start();
    const guard = await readyFunction(jwt, { UPSTREAM: `${upstream.url}/app` });
    const renamed = (route: string, change: Partial<TestFunction>): TestFunction => ({
      ...guard,
      routes: [route],
      ...change,
    });
    const { SECRET: _, ...withoutSecret } = guard.secrets ?? {};
    const keyed = { ...guard.env, JWKS_URL: `${upstream.url}/keys` };
    await runner.deploy({
      jwt: guard,
      keyed: renamed("/keyed/*", { secrets: withoutSecret, env: keyed }),
      keyless: renamed("/keyless/*", {
        secrets: withoutSecret,
        env: { ...keyed, JWKS_URL: `${upstream.url}/no-keys` },
      }),
      unset: renamed("/unset/*", { secrets: withoutSecret }),
      weak: renamed("/weak/*", { secrets: { SECRET: "weak" } }),
      anybody: renamed("/anybody/*", { env: { UPSTREAM: upstream.url } }),
      "security-headers": await readyFunction(headers, { UPSTREAM: upstream.url }),
    });
  });
  after(async () => {
    await runner[Symbol.asyncDispose]();
    upstream.close();
  });

  const token = (claims: Record<string, unknown> = {}, alg = "HS256") =>
    new SignJWT({
      sub: "ada",
      scope: "read write",
      iss: ISSUER,
      aud: "app",
      exp: Date.now() / 1000 + 600,
      ...claims,
    }).setProtectedHeader({ alg, kid: "one" });
  const sign = (claims?: Record<string, unknown>) => token(claims).sign(new TextEncoder().encode(SECRET));
  const get = (path: string, bearer?: string, more: Record<string, string> = {}): Promise<TestAnswer> =>
    runner.fetch(path, { headers: { ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }), ...more } });

  describe("jwt", () => {
    it("tells the upstream who it is, and believes nothing that clients say of it", async () => {
      const forged = { "x-jwt-sub": "root", "x-jwt-role": "admin", cookie: "a=1" };
      const { status, headers, body } = await get("/account/a%2Fb?x=1", await sign({ sub: "ada/ü" }), forged);
      assert.equal(status, 200, body);
      assert.equal(headers["cache-control"], "private, no-cache");
      const seen = JSON.parse(body) as Seen;
      assert.equal(seen.url, "/app/account/a%2Fb?x=1");
      const told = Object.entries(seen.headers).filter(([name]) => name.startsWith("x-jwt-"));
      assert.deepEqual(told.map(([name]) => name).sort(), ["x-jwt-claims", "x-jwt-scope", "x-jwt-sub"]);
      assert.deepEqual([seen.headers["x-jwt-sub"], seen.headers["x-jwt-scope"]], ["ada%2F%C3%BC", "read%20write"]);
      const claims = JSON.parse(Buffer.from(seen.headers["x-jwt-claims"] as string, "base64url").toString());
      assert.equal(claims.sub, "ada/ü");
      assert.equal(seen.headers.authorization, undefined);
      assert.equal(seen.headers.cookie, "a=1");
    });

    it("keeps what was made for one client from every cache", async () => {
      upstream.handlers.app = (_, response) =>
        response
          .writeHead(200, { "cache-control": "public, s-maxage=600", "surrogate-control": "max-age=600" })
          .end("x");
      const { headers } = await get("/account/page", await sign());
      delete upstream.handlers.app;
      assert.equal(headers["cache-control"], "private, no-cache");
      assert.equal(headers["surrogate-control"], undefined);
    });

    it("refuses what is missing, forged, expired, for others, or no token", async () => {
      const past = Date.now() / 1000 - 60;
      const wrong: readonly (readonly [string, string | undefined])[] = [
        ["none", undefined],
        ["empty", ""],
        ["no token", "x"],
        ["huge", "x".repeat(8_000)],
        ["another secret", await token().sign(new TextEncoder().encode(`${SECRET}!`))],
        ["changed", (await sign()).replace(/\.[^.]{8}/, ".eyJzdWIj")],
        [
          "unsigned",
          new UnsecuredJWT({ sub: "ada" }).setIssuer(ISSUER).setAudience("app").setExpirationTime("1h").encode(),
        ],
        ["expired", await sign({ exp: past })],
        ["not yet", await sign({ nbf: Date.now() / 1000 + 600 })],
        ["another issuer", await sign({ iss: "https://evil.test/" })],
        ["another audience", await sign({ aud: "others" })],
        ["without an end", await sign({ exp: undefined })],
        ["of nobody", await sign({ sub: undefined })],
      ];
      for (const [what, bearer] of wrong) {
        const { status, headers, body } = await get("/account/x", bearer);
        assert.equal(status, 401, `${what}: ${body}`);
        assert.match(headers["www-authenticate"] as string, /^Bearer realm="edge"/, what);
        assert.equal(headers["cache-control"], "no-store", what);
      }
    });

    it("knows the keys of a set, also new ones, and takes no public key for a secret", async () => {
      const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
      const key = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256" };
      let reads = 0;
      upstream.handlers.keys = (_, response) => {
        reads += 1;
        response.end(JSON.stringify({ keys: [key] }));
      };
      const signed = await token({}, "RS256").sign(privateKey);
      for (let n = 0; n < 3; n++) assert.equal((await get("/keyed/x", signed)).status, 200);
      const confused = await token().sign(new TextEncoder().encode(JSON.stringify(key)));
      assert.equal((await get("/keyed/x", confused)).status, 401);
      const unknown = await new SignJWT({ sub: "ada" })
        .setProtectedHeader({ alg: "RS256", kid: "two" })
        .sign(privateKey);
      for (let n = 0; n < 5; n++) assert.equal((await get("/keyed/x", unknown)).status, 401);
      assert.equal(reads, 1, "tokens with unknown keys make the set be read again within its time");
    });

    it("cannot check without keys, and says what its config lacks", async () => {
      upstream.handlers["no-keys"] = (_, response) => response.writeHead(500).end();
      assert.equal((await get("/keyless/x", await sign())).status, 503);
      for (const [path, says] of [
        ["/unset/x", /secrets\.SECRET, or env\.JWKS_URL/],
        ["/weak/x", /less than 32 bytes/],
        ["/anybody/x", /env\.ISSUER and env\.AUDIENCE/],
      ] as const) {
        const { status, body } = await get(path, await sign());
        assert.equal(status, 500);
        assert.match(body, says);
      }
    });
  });

  describe("security-headers", () => {
    const page = (headers: Record<string, string>) => {
      upstream.handlers.site = (request, response) =>
        response
          .writeHead(200, { "content-type": "text/html", server: "x", ...headers })
          .end(request.headers["x-csp-nonce"]);
    };

    it("gives each page a nonce of its own, which the upstream knows and clients do not choose", async () => {
      page({ "x-powered-by": "PHP/5" });
      const answers = await Promise.all([1, 2].map(() => get("/site/", undefined, { "x-csp-nonce": "mine" })));
      assert.notEqual(answers[0]?.body, answers[1]?.body);
      for (const { headers, body } of answers) {
        assert.match(body, /^[\w-]{36}$/);
        assert.match(
          headers["content-security-policy"] as string,
          new RegExp(`script-src 'nonce-${body}' 'strict-dynamic'`),
        );
        assert.equal(headers["cache-control"], "private, no-store");
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.match(headers["strict-transport-security"] as string, /max-age=63072000/);
        for (const name of ["server", "x-powered-by"]) assert.equal(headers[name], undefined, name);
      }
    });

    it("gives a page that a cache may keep no nonce", async () => {
      page({ "cache-control": "public, max-age=60" });
      const { headers } = await get("/site/");
      assert.match(headers["content-security-policy"] as string, /script-src 'self';/);
      assert.equal(headers["cache-control"], "public, max-age=60");
    });

    it("leaves what the upstream says of itself", async () => {
      page({ "content-security-policy": "default-src https:", "x-frame-options": "SAMEORIGIN" });
      const { headers } = await get("/site/");
      assert.equal(headers["content-security-policy"], "default-src https:");
      assert.equal(headers["x-frame-options"], "SAMEORIGIN");
    });

    it("protects what is no page, and its own errors", async () => {
      upstream.handlers.site = (request, response) =>
        request.url === "/site/cut"
          ? request.socket.destroy()
          : response.setHeader("content-type", "image/png").end("x");
      const image = await get("/site/logo.png");
      assert.equal(image.headers["content-security-policy"], undefined);
      assert.equal(image.headers["x-content-type-options"], "nosniff");
      const cut = await get("/site/cut");
      assert.deepEqual([cut.status, cut.headers["x-content-type-options"]], [502, "nosniff"]);
    });
  });
});
