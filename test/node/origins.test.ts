import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { OriginConfig } from "../../components/config/fleetConfig.ts";
import { issueCertificate } from "../../components/local/authority.ts";
import { DESTINATION_HEADER, outSocket } from "../../components/node/haproxy/out/destinations.ts";
import { until } from "../../runner/runnerFixture.ts";
import { type Answer, answerTo } from "./answers.ts";
import { OriginServer } from "./originServer.ts";
import { TestNode } from "./testNode.ts";

const NAME = "origin.example.com";
/** Far above what anything here takes. */
const YEAR_MS = 365 * 24 * 60 * 60 * 1_000;
const dir = mkdtempSync(join(tmpdir(), "edge-origins-"));
const servers: Record<string, OriginServer> = {};
let node: TestNode;

/** Origins by name: how their certificate is made, and what the node is told of them. */
const ORIGINS = {
  plain: { certificate: null },
  good: { certificate: { names: [NAME] } },
  "wrong-name": { certificate: { names: ["other.example.com"] } },
  expired: { certificate: { names: [NAME], at: Date.now() - 3 * YEAR_MS } },
  stranger: { certificate: { names: [NAME], authority: "stranger" } },
  narrow: { certificate: null, connections: 2 },
  breaking: { certificate: null, health: "/healthz" },
} satisfies Record<string, { certificate: object | null } & Partial<OriginConfig>>;

const server = (name: keyof typeof ORIGINS) => servers[name] ?? assert.fail(name);

before(async () => {
  for (const [name, { certificate }] of Object.entries(ORIGINS)) {
    const file = certificate === null ? null : await certificateOf(name, certificate);
    servers[name] = await OriginServer.start(file);
  }
  const ca = readFileSync(join(dir, "ca.pem"), "utf8");
  node = new TestNode({
    origins: Object.entries(ORIGINS).map(([name, { certificate, ...rest }]) => ({
      name,
      host: "127.0.0.1",
      port: (servers[name] as OriginServer).port,
      tls: certificate === null ? null : { serverName: NAME, ca },
      serves: [`${name}.example.com`],
      shield: null,
      connections: 100,
      health: null,
      ...rest,
    })),
  });
  await node.start({ hello: { code: 'export default { fetch: () => new Response("hi") };', routes: ["/hello"] } });
  for (const name of ["plain", "good", "narrow", "breaking"]) {
    await until(`${name} is up`, async () => (await ask(name, { path: "/.edge/readyz" })).status === 200);
  }
});

after(async () => {
  await node?.[Symbol.asyncDispose]();
  await Promise.all(Object.values(servers).map((origin) => origin[Symbol.asyncDispose]()));
  rmSync(dir, { recursive: true });
});

describe("an origin with TLS", () => {
  it("is asked by its name, with the client's host, and told nothing of the fleet's own", async () => {
    const { status, body, headers } = await ask("good", {
      path: "/page?q=1",
      headers: { host: "www.example.com", "x-edge-client-ip": "192.0.2.1", "x-forwarded-for": "192.0.2.1" },
    });
    assert.equal(status, 200);
    assert.equal(body, "from the origin");
    assert.equal(headers["x-edge-region"], undefined);
    const asked = server("good").asked.at(-1) ?? assert.fail("not asked");
    assert.equal(asked.url, "/page?q=1");
    assert.equal(asked.serverName, NAME);
    assert.equal(asked.headers.host, "www.example.com");
    assert.equal(asked.headers["x-forwarded-for"], "192.0.2.1");
    assert.equal(asked.headers["cdn-loop"], "edge-fleet");
    assert.deepEqual(
      Object.keys(asked.headers).filter((name) => name.startsWith("x-edge-")),
      [],
    );
  });

  it("says nothing in the fleet's own name", async () => {
    server("good").answer = (_request, response) => {
      response.setHeader("x-edge-region", "forged");
      response.end();
    };
    assert.equal((await ask("good")).headers["x-edge-region"], undefined);
  });

  for (const [name, fault] of [
    ["wrong-name", "has a certificate for another name"],
    ["expired", "has one that has expired"],
    ["stranger", "has one of an authority that is not believed"],
  ] as const) {
    it(`is refused when it ${fault}, and hears nothing`, async () => {
      const { status, headers } = await ask(name);
      assert.equal(status, 503);
      assert.match(`${headers["x-edge-error"]}`, /^ERR_ORIGIN_(UNAVAILABLE|BUSY)$/);
      await until(
        "it counts as down",
        async () => (await ask(name)).headers["x-edge-error"] === "ERR_ORIGIN_UNAVAILABLE",
      );
      assert.deepEqual(server(name).asked, []);
    });
  }
});

describe("an origin's hosts", () => {
  it("are answered by it through the cache, whatever routes functions have, and other hosts by functions", async () => {
    const origin = server("plain");
    origin.answer = (_request, response) => {
      response.setHeader("cache-control", "max-age=60");
      response.end("a page");
    };
    const before = origin.asked.length;
    const [one, again] = [await askDoor("plain.example.com", "/hello"), await askDoor("PLAIN.example.com", "/hello")];
    assert.deepEqual([one.body, one.headers["x-cache"]], ["a page", "MISS"]);
    assert.deepEqual([again.body, again.headers["x-cache"]], ["a page", "HIT"]);
    assert.equal(origin.asked.length, before + 1);
    assert.equal(origin.asked.at(-1)?.headers["x-forwarded-for"], node.config.address);
    assert.equal((await askDoor("edge.test", "/hello")).body, "hi");
    assert.equal((await askDoor("notplain.example.com", "/hello")).body, "hi");
  });

  it("get a typed error while it is down", async () => {
    const { status, headers, body } = await askDoor("stranger.example.com", "/");
    assert.deepEqual([status, headers["x-edge-error"]], [503, "ERR_ORIGIN_UNAVAILABLE"]);
    assert.equal(JSON.parse(body).requestId, headers["x-request-id"]);
  });
});

describe("an origin's limit", () => {
  it("lets as many wait as it has places, refuses the next, and takes nothing from others", async (t) => {
    const held: http.ServerResponse[] = [];
    server("narrow").answer = (_request, response) => held.push(response);
    const inside = [ask("narrow"), ask("narrow")];
    await until("both places are taken", async () => held.length === 2);
    const waiting = [ask("narrow"), ask("narrow")];
    // They wait for a second only: where that was missed, the next one waits in vain as they did.
    await until("two wait", async () => (await queued("origin-narrow")) === 2, 900).catch(() => t.diagnostic("missed"));
    const refused = await ask("narrow");
    assert.equal(refused.status, 503);
    assert.equal(refused.headers["x-edge-error"], "ERR_ORIGIN_BUSY");
    assert.equal((await ask("plain")).status, 200);
    for (const { status, headers } of await Promise.all(waiting)) {
      assert.equal(status, 503);
      assert.equal(headers["x-edge-error"], "ERR_ORIGIN_BUSY");
    }
    assert.equal(held.length, 2, "who waited in vain was not sent");
    for (const response of held) response.end("late");
    for (const { status, body } of await Promise.all(inside)) assert.deepEqual([status, body], [200, "late"]);
    server("narrow").answer = (_request, response) => response.end("free again");
    assert.equal((await ask("narrow")).body, "free again");
  });
});

describe("an origin's circuit", () => {
  it("opens after failures in a row, and closes when its health page says so", async () => {
    const origin = server("breaking");
    origin.answer = (_request, response) => {
      response.statusCode = 500;
      response.end("broken");
    };
    const isOpen = async () => (await ask("breaking")).headers["x-edge-error"] === "ERR_ORIGIN_UNAVAILABLE";
    await until("failures open the circuit, though the health page is well", isOpen);
    // Else the page would close it again while this test looks.
    origin.isWell = false;
    await until("the circuit is open", isOpen);
    const before = origin.asked.length;
    const { status, body } = await ask("breaking");
    assert.equal(status, 503);
    assert.match(body, /ERR_ORIGIN_UNAVAILABLE.*Origin: breaking\./);
    assert.equal(origin.asked.length, before, "it is left alone");
    assert.equal((await ask("plain")).status, 200);
    origin.isWell = true;
    origin.answer = (_request, response) => response.end("mended");
    await until("the circuit is closed", async () => (await ask("breaking")).body === "mended");
  });
});

describe("an origin that breaks off", () => {
  it("is asked again for a GET, and never for a POST", async () => {
    const origin = server("plain");
    const count = (method: string) => origin.asked.filter((asked) => asked.method === method).length;
    const [gets, posts] = [count("GET"), count("POST")];
    let failures = 1;
    origin.answer = (request, response) => {
      if (request.method === "POST" || failures-- > 0) request.socket.destroy();
      else response.end("second time");
    };
    assert.equal((await ask("plain")).body, "second time");
    assert.equal(count("GET"), gets + 2);
    const { status, headers } = await ask("plain", { method: "POST", body: "once" });
    assert.deepEqual([status, headers["x-edge-error"]], [502, "ERR_ORIGIN_RESPONSE"]);
    assert.equal(count("POST"), posts + 1);
  });
});

describe("the way out", () => {
  it("ends a request that has left fleets five times", async () => {
    const { status, headers } = await ask("good", { headers: { "cdn-loop": Array(5).fill("edge-fleet").join(", ") } });
    assert.deepEqual([status, headers["x-edge-error"]], [508, "ERR_ORIGIN_LOOP"]);
  });

  it("knows no places but its own", async () => {
    for (const name of ["origin-nobody", "farm", "varnish"]) {
      const { status, headers } = await ask(name, { destination: name });
      assert.deepEqual([status, headers["x-edge-error"]], [500, "ERR_NO_DESTINATION"]);
    }
  });
});

interface Question {
  readonly destination?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks an origin as the cache does. */
function ask(
  name: string,
  { destination = `origin-${name}`, path = "/", method = "GET", headers = {}, body }: Question = {},
): Promise<Answer> {
  const sent = { host: `${name}.example.com`, [DESTINATION_HEADER]: destination, ...headers };
  return answerTo(
    http.request({ socketPath: outSocket(node.layout), path, method, headers: sent, agent: false }),
    body,
  );
}

/** Asks the door of clients. */
function askDoor(host: string, path: string): Promise<Answer> {
  const { address, ports, domain } = node.config;
  const tls = { servername: domain, ca: node.authority, localAddress: address };
  return answerTo(https.request({ host: address, port: ports.https, path, headers: { host }, agent: false, ...tls }));
}

/** Requests that wait for a place in a backend, by HAProxy's own metrics. */
async function queued(backend: string): Promise<number> {
  const { body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
  const line = body.split("\n").find((text) => text.startsWith(`haproxy_backend_current_queue{proxy="${backend}"}`));
  return Number(line?.split(" ")[1]);
}

async function certificateOf(
  name: string,
  { names, at = Date.now(), authority = "ca" }: { names?: readonly string[]; at?: number; authority?: string },
): Promise<string> {
  const certificateFile = join(dir, `${name}.pem`);
  const authorityFile = join(dir, `${authority}.pem`);
  await issueCertificate({ names: names ?? [], addresses: [], authorityFile, certificateFile }, new Date(at));
  return certificateFile;
}
