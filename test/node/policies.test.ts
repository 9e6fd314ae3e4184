import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { COUNTRY_MAP } from "../../components/node/haproxy/countryMap.ts";
import { until } from "../../runner/runnerFixture.ts";
import { OriginServer } from "./originServer.ts";
import { type Answer, PolicedNode } from "./policedNode.ts";

const NOBODY = { addresses: { allow: ["192.0.2.0/24"], deny: [] } };
const CORS = {
  origins: ["https://app.test"],
  methods: ["GET", "PUT"],
  headers: ["x-thing"],
  exposeHeaders: ["x-count"],
  credentials: true,
  maxAgeSeconds: 60,
};
const SITE = "site.example.com";
let node: PolicedNode;
let origin: OriginServer;

before(async () => {
  origin = await OriginServer.start(null);
  origin.answer = (_request, response) =>
    response.setHeader("content-type", "application/json").end(JSON.stringify({ by: "origin" }));
  const { port } = origin;
  const site = {
    name: "site",
    host: "127.0.0.1",
    port,
    tls: null,
    serves: [SITE],
    shield: null,
    connections: 100,
    health: null,
  };
  node = new PolicedNode({ countryMap: true, origins: [site] });
  await node.start({
    open: { routes: ["/*", "/secret/open/:x", "GET /mixed"] },
    secret: { routes: ["/secret/*", "/caf%C3%A9", "/v/:version/secret"], policies: NOBODY },
    writes: { routes: ["POST,PUT /mixed", "HEAD /headed"], policies: NOBODY },
    hosts: { routes: ["api.edge.test/*", "*.closed.test/*"], policies: NOBODY },
    near: { routes: ["/near"], policies: { addresses: { allow: ["127.0.0.0/9"], deny: ["127.0.0.2"] } } },
    far: { routes: ["/far"], policies: { addresses: { allow: ["127.0.0.0/24"], deny: ["127.0.0.1", "127.0.0.0/8"] } } },
    japan: { routes: ["/japan"], policies: { countries: { allow: ["JP"], deny: [] } } },
    abroad: { routes: ["/abroad"], policies: { countries: { allow: [], deny: ["JP"] } } },
    slow: { routes: ["/slow"], policies: { rateLimits: { client: { requests: 3, window: "1h" } } } },
    shared: { routes: ["/shared/*"], policies: { rateLimits: { route: { requests: 2, window: "1h" } } } },
    small: { routes: ["/small"], policies: { bodyBytes: 10 } },
    pages: { routes: ["GET,PUT /pages"], policies: { cors: CORS } },
    any: { routes: ["/any"], policies: { cors: { ...CORS, origins: ["*"], credentials: false } } },
    framed: {
      routes: ["/framed"],
      policies: { responseHeaders: { "x-frame-options": "DENY", "content-security-policy": "default-src 'self'" } },
    },
  });
});

after(async () => {
  await node?.[Symbol.asyncDispose]();
  await origin?.[Symbol.asyncDispose]();
});

/** Who answered, or with which error. */
const outcome = ({ body }: Answer) => body.by ?? body.error?.code;

describe("which policies a request has", () => {
  const cases: Readonly<Record<string, string>> = {
    "/": "open",
    "/secret": "ERR_ADDRESS_REFUSED",
    "/secret/": "ERR_ADDRESS_REFUSED",
    "/secret/x/y/z": "ERR_ADDRESS_REFUSED",
    "//secret///x": "ERR_ADDRESS_REFUSED",
    "/%73ecre%74/x": "ERR_ADDRESS_REFUSED",
    "/secret?x=/open": "ERR_ADDRESS_REFUSED",
    "/secret/open": "ERR_ADDRESS_REFUSED",
    "/secret/open/x": "open",
    "/secret/open//x": "open",
    "/secret/open/x/y": "ERR_ADDRESS_REFUSED",
    "/secret/open/x%2Fy": "open",
    "/caf%C3%A9": "ERR_ADDRESS_REFUSED",
    "/caf%E9": "open",
    "/v/1%2F2/secret": "ERR_ADDRESS_REFUSED",
    "/v/1/2/secret": "open",
    "/secret%2Fx": "open",
    "/secret%252Fx": "open",
    "/Secret": "open",
    "/secret;x": "open",
    "/x/../secret": "ERR_BAD_REQUEST",
    "/x/%2e%2e/secret": "ERR_BAD_REQUEST",
    "/secret%00": "ERR_BAD_REQUEST",
    "/\\secret": "ERR_BAD_REQUEST",
  };
  for (const [path, wanted] of Object.entries(cases)) {
    it(`${path} is ${wanted}, in HTTP/2 and in HTTP/1.1`, async () => {
      assert.equal(outcome(await node.ask(path)), wanted);
      assert.equal(outcome(await node.askRaw([`GET ${path} HTTP/1.1`, "host: edge.test"])), wanted);
    });
  }

  it("is told by the host as the router reads it", async () => {
    const hosts: Readonly<Record<string, string>> = {
      "api.edge.test": "ERR_ADDRESS_REFUSED",
      "API.Edge.test:8443": "ERR_ADDRESS_REFUSED",
      "api.edge.test.": "ERR_ADDRESS_REFUSED",
      "x.closed.test": "ERR_ADDRESS_REFUSED",
      "a.b.closed.test": "ERR_ADDRESS_REFUSED",
      "closed.test": "open",
      "xclosed.test": "open",
      "127.0.0.1": "open",
      "0x7f.1": "ERR_BAD_REQUEST",
      "api.edge.test,edge.test": "ERR_BAD_REQUEST",
    };
    for (const [host, wanted] of Object.entries(hosts)) {
      assert.equal(outcome(await node.askRaw(["GET /x HTTP/1.1", `host: ${host}`])), wanted, host);
    }
    const twice = ["GET /x HTTP/1.1", "host: edge.test", "host: api.edge.test"];
    assert.equal((await node.askRaw(twice)).status, 400);
    assert.equal((await node.askRaw(["GET https://edge.test/secret HTTP/1.1", "host: edge.test"])).status, 400);
  });

  it("are none on the hosts of origins, whose paths no function answers", async () => {
    const by = async (host: string) => outcome(await node.askRaw(["GET /secret HTTP/1.1", `host: ${host}`]));
    await until("the origin is up", async () => (await by(SITE)) === "origin");
    for (const host of [SITE, "Site.Example.COM:8443", `${SITE}.`]) assert.equal(await by(host), "origin", host);
    for (const host of [`x.${SITE}`, "example.com"]) assert.equal(await by(host), "ERR_ADDRESS_REFUSED", host);
    assert.ok(origin.asked.every(({ headers }) => !Object.keys(headers).some((name) => name.startsWith("x-edge-"))));
  });

  it("is told by the method", async () => {
    assert.equal(outcome(await node.ask("/mixed")), "open");
    assert.equal((await node.ask("/mixed", { method: "HEAD" })).status, 200);
    assert.equal(outcome(await node.ask("/mixed", { method: "POST" })), "ERR_ADDRESS_REFUSED");
    assert.equal(outcome(await node.ask("/mixed", { method: "DELETE" })), "open");
    assert.equal((await node.ask("/headed", { method: "HEAD" })).status, 403);
  });

  it("is nothing that a client can say", async () => {
    const headers = { "x-edge-policy": "none", "x-edge-country": "DE", "x-edge-client-ip": "192.0.2.1" };
    assert.equal(outcome(await node.ask("/secret", { headers })), "ERR_ADDRESS_REFUSED");
  });
});

describe("addresses and countries", () => {
  it("are judged by the longest prefix", async () => {
    assert.equal(outcome(await node.ask("/near")), "near");
    const { status, body } = await node.ask("/far");
    assert.equal(status, 403);
    assert.deepEqual(body.error?.policy, "addresses");
    assert.equal(body.function, "far");
  });

  it("are judged by the node's country map", async () => {
    assert.equal(outcome(await node.ask("/japan")), "ERR_COUNTRY_REFUSED");
    assert.equal(outcome(await node.ask("/abroad")), "abroad");
    writeFileSync(join(node.node.layout.etc, COUNTRY_MAP), "127.0.0.0/8 JP\n");
    await node.restartDoor();
    assert.equal(outcome(await node.ask("/japan")), "japan");
    assert.equal(outcome(await node.ask("/abroad")), "ERR_COUNTRY_REFUSED");
  });
});

describe("rate limits", () => {
  it("let through what they say, and then say when to come again", async () => {
    const answers: Answer[] = [];
    for (let count = 0; count < 6; count++) answers.push(await node.ask("/slow"));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429, 429, 429],
    );
    const refused = answers.at(-1);
    assert.equal(refused?.headers["retry-after"], "3600");
    const { code, limit, value, windowSeconds } = refused?.body.error ?? {};
    assert.deepEqual([code, limit, value, windowSeconds], ["ERR_RATE_LIMITED", "rateLimits.client", 3, 3600]);
    const id = refused?.headers["x-request-id"];
    const logged = () =>
      node.node
        .log("haproxy")
        .split("\n")
        .find((line) => line.includes(`"id":"${id}"`));
    await until("the door has logged it", () => logged() !== undefined);
    const line = JSON.parse(logged() ?? "");
    assert.deepEqual([line.status, line.error, line.refused], [429, "ERR_RATE_LIMITED", "rateLimits.client"]);
  });

  it("count a route as a whole, whatever its path", async () => {
    const paths = ["/shared/a", "/shared/b", "/shared/c"];
    const answers = await Promise.all(paths.map((path) => node.ask(path)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 429]);
    assert.equal(answers.find(({ status }) => status === 429)?.body.error?.limit, "rateLimits.route");
  });
});

describe("the size of bodies", () => {
  it("is judged by the length that a request tells", async () => {
    const length = (body: string) => ({ method: "POST", body, headers: { "content-length": String(body.length) } });
    assert.equal((await node.ask("/small", length("0123456789"))).body.body, 10);
    const { status, body } = await node.ask("/small", length("0123456789x"));
    assert.equal(status, 413);
    assert.deepEqual([body.error?.code, body.error?.value, body.error?.used], ["ERR_BODY_BYTES", 10, 11]);
  });

  it("must be told", async () => {
    assert.equal(outcome(await node.ask("/small", { method: "POST", body: "x" })), "ERR_LENGTH_REQUIRED");
    const chunked = ["POST /small HTTP/1.1", "host: edge.test", "transfer-encoding: chunked"];
    assert.equal(outcome(await node.askRaw(chunked, "1\r\nx\r\n0\r\n\r\n")), "ERR_LENGTH_REQUIRED");
    assert.equal(outcome(await node.ask("/small")), "small");
  });
});

describe("requests from pages of other origins", () => {
  const preflight = (origin: string, method = "PUT") => ({
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": method },
  });

  it("are told by the door what they may", async () => {
    const { status, headers } = await node.ask("/pages", preflight("https://app.test"));
    assert.equal(status, 204);
    assert.equal(headers["access-control-allow-origin"], "https://app.test");
    assert.equal(headers["access-control-allow-methods"], "GET, PUT");
    assert.equal(headers["access-control-allow-headers"], "x-thing");
    assert.equal(headers["access-control-allow-credentials"], "true");
    assert.equal(headers["access-control-max-age"], "60");
    assert.equal(headers.vary, "origin");
  });

  it("are refused from others, with the reason where pages cannot read it", async () => {
    for (const origin of ["https://evil.test", "https://app.test.evil.test", "null", "https://APP.test"]) {
      const { status, body, headers } = await node.ask("/pages", preflight(origin));
      assert.equal(status, 403, origin);
      assert.equal(body.error?.code, "ERR_CORS_REFUSED");
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
    const { status, headers } = await node.ask("/pages", { headers: { origin: "https://evil.test" } });
    assert.deepEqual([status, headers["access-control-allow-origin"]], [200, undefined]);
  });

  it("get the headers with the answer", async () => {
    const { body, headers } = await node.ask("/pages", { headers: { origin: "https://app.test" } });
    assert.equal(body.by, "pages");
    assert.equal(headers["access-control-allow-origin"], "https://app.test");
    assert.equal(headers["access-control-expose-headers"], "x-count");
    const any = await node.ask("/any", { headers: { origin: "https://who.ever" } });
    assert.deepEqual([any.headers["access-control-allow-origin"], any.headers.vary], ["*", undefined]);
  });

  it("that are no preflights are the function's", async () => {
    assert.equal((await node.ask("/any", { method: "OPTIONS" })).body.by, "any");
    assert.equal((await node.ask("/pages", preflight("https://app.test", "DELETE"))).body.by, "open");
  });
});

it("response headers stand where the function gives none", async () => {
  const { headers } = await node.ask("/framed");
  assert.equal(headers["x-frame-options"], "DENY");
  assert.equal(headers["content-security-policy"], "default-src 'self'");
  assert.equal(headers["referrer-policy"], undefined);
});
