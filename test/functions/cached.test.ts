import assert from "node:assert/strict";
import https from "node:https";
import { after, before, describe, it } from "node:test";
import { SignJWT } from "jose";
import { until } from "../../runner/runnerFixture.ts";
import { type Answer, answerTo } from "../node/answers.ts";
import { TestNode } from "../node/testNode.ts";
import { png } from "./png.ts";
import { documentedConfigs, readyFunction } from "./ready.ts";
import { Upstream } from "./upstream.ts";

const SECRET = "a secret of more than thirty-two bytes";

describe("ready functions behind a node's cache", () => {
  const node = new TestNode();
  let upstream: Upstream;
  const asked = new Map<string, number>();
  before(async () => {
    upstream = await new Upstream().listen();
    Object.assign(node.runner.config, { origins: [{ host: "127.0.0.1", port: upstream.port }] });
    const counted = (part: string, handler: Upstream["handlers"][string]) => {
      upstream.handlers[part] = (request, response) => {
        asked.set(part, (asked.get(part) ?? 0) + 1);
        return handler(request, response);
      };
    };
    const photo = png(300, 200, (x, y) => [x & 255, y & 255, 99, 255]);
    counted("media", (_, response) => response.end(photo));
    counted("app", (request, response) =>
      response.setHeader("cache-control", "public, max-age=600").end(`page ${request.headers["x-jwt-sub"]}`),
    );
    counted("api", (_, response) => response.setHeader("content-type", "application/json").end('{"items":[]}'));
    node.runner.writeSecret("jwt-secret", SECRET);
    const configs = documentedConfigs();
    const ready = (name: string, env: Readonly<Record<string, string>> = {}) => {
      const config = configs.get(name);
      assert.ok(config);
      return readyFunction(config, env);
    };
    await node.start({
      images: await ready("images", { SOURCE: `${upstream.url}/media` }),
      jwt: await ready("jwt", { UPSTREAM: `${upstream.url}/app` }),
      catalog: await ready("catalog", { UPSTREAM: `${upstream.url}/api` }),
      redirects: await ready("redirects"),
      "security-headers": await ready("security-headers", { UPSTREAM: upstream.url }),
    });
  });
  after(async () => {
    await node[Symbol.asyncDispose]();
    upstream?.close();
  });

  function get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const { address: host, ports, domain } = node.config;
    const options = { host, port: ports.https, path, servername: domain, ca: node.authority, agent: false as const };
    return answerTo(https.request({ ...options, headers: { host: `${domain}:${ports.https}`, ...headers } }));
  }
  const outcome = async (path: string, headers?: Readonly<Record<string, string>>) => {
    const { status, headers: answered } = await get(path, headers);
    return [status, answered["x-cache"]];
  };

  it("an image is made once for all", async () => {
    assert.deepEqual(await outcome("/images/a.png?w=160&format=webp"), [200, "MISS"]);
    assert.deepEqual(await outcome("/images/a.png?format=webp&w=160&utm_source=mail", { cookie: "a=1" }), [200, "HIT"]);
    assert.equal(asked.get("media"), 1);
  });

  it("a bad image is looked at once in a while", async () => {
    upstream.handlers.media = (_, response) => response.end("no image");
    assert.deepEqual(await outcome("/images/bad.png"), [422, "MISS"]);
    assert.deepEqual(await outcome("/images/bad.png"), [422, "HIT"]);
  });

  it("a page behind a token is never given to anybody else, whatever its upstream says of caches", async () => {
    const bearer = async (sub: string) => {
      const token = new SignJWT({ sub, iss: "https://login.example.com/", aud: "app" });
      const text = await token.setProtectedHeader({ alg: "HS256" }).setExpirationTime("1h").sign(Buffer.from(SECRET));
      return { authorization: `Bearer ${text}` };
    };
    assert.equal((await get("/account/page", await bearer("ada"))).body, "page ada");
    assert.equal((await get("/account/page", await bearer("grace"))).body, "page grace");
    assert.equal((await get("/account/page")).status, 401);
    assert.equal((await get("/account/page", { authorization: "Bearer forged" })).status, 401);
    assert.equal((await get("/account/page", await bearer("ada"))).body, "page ada");
    assert.equal(asked.get("app"), 3);
  });

  it("the catalog's data are one copy for all, and what fails is no copy", async () => {
    assert.deepEqual(await outcome("/catalog/api/items"), [200, "MISS"]);
    assert.deepEqual(await outcome("/catalog/api/items", { cookie: "who=me" }), [200, "HIT"]);
    const works = upstream.handlers.api as Upstream["handlers"][string];
    upstream.handlers.api = (_, response) => response.writeHead(500).end();
    assert.deepEqual(await outcome("/catalog/api/items"), [200, "HIT"]);
    assert.equal((await get("/catalog/api/items/one")).status, 502);
    upstream.handlers.api = works;
    assert.equal((await get("/catalog/api/items/one")).status, 200);
  });

  it("redirects are kept, and pages with a nonce are not", async () => {
    assert.deepEqual(await outcome("/old/about"), [301, "MISS"]);
    assert.deepEqual(await outcome("/old/about"), [301, "HIT"]);
    upstream.handlers.site = (request, response) =>
      response.setHeader("content-type", "text/html").end(request.headers["x-csp-nonce"]);
    const nonces = new Set<string>();
    await until("three pages came", async () => nonces.add((await get("/site/")).body).size === 3);
  });
});
