import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { after, before, describe, it } from "node:test";
import type tls from "node:tls";
import { HEADER_BYTES_MAX } from "../../components/node/httpBounds.ts";
import { until } from "../../runner/runnerFixture.ts";
import { toDoor } from "./clients.ts";
import { OWN_PROXY_HEADER, proxyHeader } from "./proxyHeader.ts";
import { exchange } from "./rawExchange.ts";
import { TestNode } from "./testNode.ts";

const FUNCTIONS = {
  info: {
    code: `export default { async fetch(request) {
      const headers = Object.fromEntries(request.headers);
      return Response.json({ url: request.url, headers, body: await request.text(), edge: request.edge ?? request.cf });
    } };`,
    routes: ["/*"],
    limits: { requestHeaderBytes: HEADER_BYTES_MAX, responseHeaderBytes: HEADER_BYTES_MAX },
  },
  heads: {
    code: "export default { fetch: () => new Response('large', { headers: { 'x-large': 'v'.repeat(13_000) } }) };",
    routes: ["/heads"],
    limits: { responseHeaderBytes: HEADER_BYTES_MAX },
  },
} as const;

// A load balancer of the tests' own: nobody else says who the client is.
const BALANCER = "127.9.0.1";
const node = new TestNode({ loadBalancers: ["127.9.0.0/24"], countryMap: false });

before(() => node.start(FUNCTIONS));
after(() => node[Symbol.asyncDispose]());

const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nHost: edge.test\r\n${more}\r\n`;

async function ask(bytes: string, options: tls.ConnectionOptions = {}) {
  const [answer] = (await exchange(await toDoor(node, options), bytes)).answers;
  assert.ok(answer !== undefined, "no answer came");
  return answer;
}

describe("TLS at the door", () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`speaks ${version}, with HTTP/2 where the client does, and resumes sessions`, async () => {
      const options = { minVersion: version, maxVersion: version, ALPNProtocols: ["h2", "http/1.1"] };
      const first = await toDoor(node, options);
      assert.deepEqual([first.getProtocol(), first.alpnProtocol], [version, "h2"]);
      const session = await sessionOf(first);
      const again = await toDoor(node, { ...options, session });
      assert.equal(again.isSessionReused(), true);
      again.destroy();
    });
  }

  it("refuses older versions and ciphers without forward secrecy", async () => {
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" } as const;
    await assert.rejects(toDoor(node, old), /alert|version|unsupported/i);
    const weak = { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" } as const;
    await assert.rejects(toDoor(node, weak), /handshake failure|alert/i);
  });

  it("tells clients to come by HTTPS only, in its own answers, too", async () => {
    for (const path of ["/", "/../x"]) {
      const { head } = await ask(get(path));
      assert.match(head, /^strict-transport-security: max-age=31536000$/im);
    }
  });
});

describe("the door without TLS", () => {
  it("sends everybody to HTTPS, with path and query", async () => {
    const socket = net.connect(node.config.ports.http, node.config.address);
    const [answer] = (await exchange(socket, "GET /a//b?c=%2F HTTP/1.1\r\nHost: edge.test:8080\r\n\r\n")).answers;
    assert.equal(answer?.status, 308);
    assert.match(answer?.head ?? "", /^location: https:\/\/edge\.test:8443\/a\/\/b\?c=%2F$/im);
  });

  it("sends nobody anywhere for a target that could be read in two ways", async () => {
    for (const start of [
      "GET http://other.test/ HTTP/1.1\r\nHost: edge.test",
      "GET /x HTTP/1.1\r\nHost: a@other.test",
      "GET /x HTTP/1.0\r\nX-A: 1",
    ]) {
      const socket = net.connect(node.config.ports.http, node.config.address);
      const [answer] = (await exchange(socket, `${start}\r\n\r\n`)).answers;
      assert.equal(answer?.status, 400, answer?.head ?? "no answer");
    }
  });

  it("answers health checks as they come: HTTP/1.0, without a host", async () => {
    for (const path of ["/healthz", "/readyz"]) {
      const socket = net.connect(node.config.ports.http, node.config.address);
      const [answer] = (await exchange(socket, `GET ${path} HTTP/1.0\r\n\r\n`)).answers;
      assert.equal(answer?.status, 200, answer?.head ?? "no answer");
    }
  });
});

describe("a load balancer in front", () => {
  const proxied = proxyHeader("198.51.100.7");

  const fromBalancer = (port: number, header: Buffer) =>
    new Promise<net.Socket>((resolve, reject) => {
      const socket = net.connect({ port, host: node.config.address, localAddress: BALANCER }, () => {
        socket.write(header);
        resolve(socket);
      });
      socket.once("error", reject);
    });

  it("says who the client is, by PROXY v2", async () => {
    const socket = await fromBalancer(node.config.ports.https, proxied);
    const { body } = await ask(get("/x"), { socket });
    assert.equal(JSON.parse(body).headers["x-forwarded-for"], "198.51.100.7");
  });

  it("asks for health with the header, too, in its own name or a client's", async () => {
    for (const header of [proxied, OWN_PROXY_HEADER]) {
      const socket = await fromBalancer(node.config.ports.http, header);
      const [answer] = (await exchange(socket, "GET /healthz HTTP/1.0\r\n\r\n")).answers;
      assert.equal(answer?.status, 200);
    }
  });

  it("is believed alone: a client that sends the header gets no connection", async () => {
    const socket = net.connect(node.config.ports.https, node.config.address);
    socket.write(proxied);
    await assert.rejects(ask(get("/x"), { socket }));
  });

  it("must say who the client is", async () => {
    const { address: host, ports } = node.config;
    const socket = net.connect({ port: ports.https, host, localAddress: BALANCER });
    await assert.rejects(ask(get("/x"), { socket }));
  });
});

describe("what functions are told", () => {
  it("is the node's own word, whatever a client says", async () => {
    const lies = [
      "x-edge-client-ip",
      "x-forwarded-for",
      "x-real-ip",
      "forwarded",
      "x-edge-country",
      "x-edge-via",
      "x-request-id",
    ];
    const { body } = await ask(get("/x", lies.map((name) => `${name}: 6.6.6.6\r\n`).join("")));
    assert.doesNotMatch(body, /6\.6\.6\.6/);
    assert.equal(JSON.parse(body).headers["x-forwarded-for"], "127.0.0.1");
  });

  it("cannot be taken away by a Connection header", async () => {
    const { body } = await ask(get("/x", "Connection: close, x-edge-client-ip, x-forwarded-for, x-request-id\r\n"));
    assert.equal(JSON.parse(body).headers["x-forwarded-for"], "127.0.0.1");
  });
});

describe("bounds of a head", () => {
  const cookie = (bytes: number) => `Cookie: ${"c".repeat(bytes)}\r\n`;

  it("lets the largest head pass that a function may take, and as large an answer", async () => {
    const { status, body } = await ask(get("/x", cookie(HEADER_BYTES_MAX - 500)));
    assert.equal(status, 200, body);
    assert.equal(JSON.parse(body).headers.cookie.length, HEADER_BYTES_MAX - 500);
    const large = await ask(get("/heads"));
    assert.equal(large.status, 200, large.body);
    assert.match(large.head, /^x-large: v{13000}$/im);
  });

  it("refuses a larger one by name, whether its headers are long or its target", async () => {
    for (const request of [
      get("/x", cookie(HEADER_BYTES_MAX)),
      get(`/x?${"q".repeat(8_000)}`, cookie(HEADER_BYTES_MAX - 7_900)),
    ]) {
      const { status, body } = await ask(request);
      assert.equal(status, 431, body);
      assert.equal(JSON.parse(body).error.code, "ERR_LIMIT_REQUEST_HEADER_BYTES");
    }
  });

  it("refuses one that its buffer does not hold, and more headers than it counts", async () => {
    for (const more of [cookie(200_000), Array.from({ length: 500 }, (_, index) => `x-${index}: 1\r\n`).join("")]) {
      // These are HAProxy's own words: its parser knows no rules yet.
      const { status, head } = await ask(get("/x", more));
      assert.equal(status, 400);
      assert.match(head, /^connection: close$/im);
    }
  });

  it("refuses methods that make tunnels or echoes", async () => {
    for (const start of ["TRACE /x", "CONNECT edge.test:443"]) {
      const { status, body } = await ask(`${start} HTTP/1.1\r\nHost: edge.test\r\n\r\n`);
      assert.ok([400, 405].includes(status), body);
    }
  });
});

describe("what the door writes down", () => {
  it("is one JSON object a request, whatever the request holds", async () => {
    const { head } = await ask(get('/log?"\\%22%[src]', `User-Agent: "\\%[src]\xff{}\r\n`));
    const id = /^x-request-id: (\S+)$/im.exec(head)?.[1];
    const line = await logged(id as string);
    assert.equal(line.uri, '/log?"\\%22%[src]');
    assert.equal(line.status, 200);
    assert.equal(line.tls, "TLSv1.3");
    assert.equal(line.client, "127.0.0.1");
    assert.ok((line.ms as number) >= 0 && (line.sent as number) > 0);
  });

  it("is whole when what the client sends is long", async () => {
    const target = `/long?${'"'.repeat(4_000)}`;
    const { head } = await ask(get(target, `User-Agent: ${'"'.repeat(1_000)}\r\n`));
    const line = await logged(/^x-request-id: (\S+)$/im.exec(head)?.[1] as string);
    assert.ok(target.startsWith(line.uri as string) && (line.uri as string).length > 500, `${line.uri}`);
    assert.equal(line.status, 200);
  });

  it("names the error of what it refused itself", async () => {
    const { body } = await ask(get("/../x"));
    const line = await logged(JSON.parse(body).requestId);
    assert.deepEqual([line.status, line.error], [400, "ERR_BAD_REQUEST"]);
  });

  it("is counted for Prometheus", async () => {
    const { status, body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
    assert.equal(status, 200);
    assert.match(body, /haproxy_frontend_http_responses_total\{proxy="https",code="4xx"\} [1-9]/);
    assert.equal((await node.plain("/", node.config.ports.haproxyMetrics)).status, 404);
  });

  async function logged(id: string): Promise<Record<string, unknown>> {
    let found: string | undefined;
    await until("the request is logged", () => {
      found = node
        .log("haproxy")
        .split("\n")
        .find((line) => line.includes(id));
      return found !== undefined;
    });
    return JSON.parse(found as string);
  }
});

describe("connections to the cache", () => {
  it("are few, for many clients one after the other", async () => {
    const before = await sessions();
    for (let count = 0; count < 50; count++) await ask(get("/x", "Connection: close\r\n"));
    assert.ok((await sessions()) - before < 10, `${(await sessions()) - before} connections for 50 clients`);
  });

  async function sessions(): Promise<number> {
    const { body } = await node.plain("/metrics", node.config.ports.haproxyMetrics);
    return Number(/haproxy_server_connection_attempts_total\{proxy="varnish",server="varnish"\} (\d+)/.exec(body)?.[1]);
  }
});

describe("HTTP/2", () => {
  it("carries many requests at once on one connection", async () => {
    const socket = await toDoor(node, { ALPNProtocols: ["h2"] });
    const session = http2.connect("https://edge.test", { createConnection: () => socket });
    const statuses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const stream = session.request({ ":path": `/x?${index}`, ":method": "POST" });
        stream.end(`${index}`);
        return new Promise((resolve, reject) => {
          stream.once("response", (headers) => resolve(headers[":status"]));
          stream.once("error", reject);
          stream.resume();
        });
      }),
    );
    session.close();
    assert.deepEqual(new Set(statuses), new Set([200]));
  });
});

function sessionOf(socket: tls.TLSSocket): Promise<Buffer> {
  return new Promise((resolve) => {
    const done = (session: Buffer) => {
      socket.destroy();
      resolve(session);
    };
    socket.once("session", done);
    // Tickets of TLS 1.3 come with the first bytes of the server; those of 1.2 with the handshake.
    const session = socket.getSession();
    if (socket.getProtocol() === "TLSv1.2" && session !== undefined) done(session);
    socket.resume();
  });
}
