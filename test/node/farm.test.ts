import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AgentMetrics } from "@edge-fleet/runner/agent/metrics";
import { SiblingFile } from "@edge-fleet/runner/agent/siblings/siblingList";
import { Siblings } from "@edge-fleet/runner/agent/siblings/siblings";
import { nodeAddresses } from "../../components/config/nodeAddresses.ts";
import { FARM_LIST } from "../../components/node/agent.ts";
import { heldCertificate, peerName } from "../../components/node/certificates.ts";
import { commandSocket } from "../../components/node/commandSockets.ts";
import { PEER_HEADERS } from "../../components/node/haproxy/out/peerHeaders.ts";
import { HEADER_BYTES_MAX } from "../../components/node/httpBounds.ts";
import type { Sibling } from "../../components/node/nodeConfig.ts";
import { until } from "../../runner/runnerFixture.ts";
import type { Answer } from "./answers.ts";
import { ask, certificateOf, hasBegun, peersUp, saying, send, sessions, startTimeOf } from "./farmProbes.ts";
import { OriginServer } from "./originServer.ts";
import { TestDns } from "./testDns.ts";
import { OWN_ADDRESS, TestNode } from "./testNode.ts";

const DOMAIN = "edge.test";
/** Far above what anything here takes. */
const HOME = "eu-test-1";
const ABROAD = "us-test-1";
const ADDRESSES = nodeAddresses(OWN_ADDRESS, 4) ?? [];
const [FIRST, SECOND, THIRD, DNS] = ADDRESSES as [string, string, string, string];
const certificates = mkdtempSync(join(tmpdir(), "edge-farm-"));
const stop = new AbortController();
const farms: Promise<void>[] = [];

const place = (region: string) => ({ name: region, host: `${region}.geo.${DOMAIN}` });
/** An origin that is asked by the other region alone. */
const site = (shield: string | null) => ({
  name: "site",
  host: "127.0.0.1",
  port: origin.port,
  tls: null,
  serves: ["www.example.com"],
  shield,
  connections: 10,
  health: null,
});
const origin = await OriginServer.start();
const nodeOf = (name: string, region: string, address: string, siblings: readonly Sibling[], other: string) =>
  new TestNode(
    {
      name,
      region,
      address,
      siblings,
      regions: [place(other)],
      resolver: { address: DNS, port: TestDns.port },
      origins: [site(region === ABROAD ? null : ABROAD)],
    },
    certificates,
  );
const first = nodeOf("first", HOME, FIRST, [{ name: "second", address: SECOND }], ABROAD);
const second = nodeOf("second", HOME, SECOND, [{ name: "first", address: FIRST }], ABROAD);
const third = nodeOf("third", ABROAD, THIRD, [], HOME);
let dns: TestDns;

before(async () => {
  // One after the other: the first makes the authority of all, and three at once would take long for what one is given time for.
  for (const node of [first, second, third]) await node.start(saying(node.config.name));
  dns = new TestDns({
    address: DNS,
    domain: DOMAIN,
    healthPort: first.config.ports.http,
    regions: [
      { name: HOME, addresses: [FIRST, SECOND], failover: [ABROAD] },
      { name: ABROAD, addresses: [THIRD], failover: [HOME] },
    ],
  });
  for (const { layout, config } of [first, second, third]) {
    const list = join(layout.etc, FARM_LIST);
    const farm = new Siblings({
      config: { haproxy: commandSocket(layout, "haproxy"), port: config.ports.peers },
      list: new SiblingFile(list),
      metrics: new AgentMetrics(),
      log: () => {},
    });
    farms.push(farm.run(stop.signal));
  }
  await until("everybody knows everybody", async () => {
    const counts = await Promise.all([first, second, third].map((node) => peersUp(node)));
    return counts.join() === "2,2,2";
  });
});

after(async () => {
  stop.abort();
  await Promise.all(farms);
  for (const node of [first, second, third]) await node[Symbol.asyncDispose]();
  await dns?.[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
  rmSync(certificates, { recursive: true });
});

describe("the door of other nodes", () => {
  it("takes nobody without a certificate of the fleet's own authority", async () => {
    await assert.rejects(askPeer({ cert: "" }), /alert|reset|certificate/i);
    const stranger = await certificateOf(join(certificates, "stranger-ca.pem"), DOMAIN);
    await assert.rejects(askPeer({ cert: stranger }), /alert|reset|certificate/i);
  });

  it("ends a request that was sent on too often, and one that does not say from where", async () => {
    const from = { [PEER_HEADERS.via]: ABROAD, "x-edge-client-ip": "192.0.2.1" };
    const tooFar = await askPeer({ headers: { ...from, [PEER_HEADERS.hops]: "3" } });
    assert.deepEqual([tooFar.status, tooFar.headers["x-edge-error"]], [508, "ERR_HOP_LIMIT"]);
    assert.equal((await askPeer({ headers: { ...from, [PEER_HEADERS.hops]: "2" } })).body, "first");
    assert.equal((await askPeer({ headers: from })).status, 400);
  });

  it("is not what clients come in by: what they say of hops is not heard", async () => {
    const { status, body } = await ask(first, { headers: { [PEER_HEADERS.hops]: "9", [PEER_HEADERS.via]: HOME } });
    assert.deepEqual([status, body], [200, "first"]);
  });
});

describe("an origin's shield", () => {
  const page = (node: TestNode, path: string) => ask(node, { path, headers: { host: "www.example.com" } });

  before(async () => {
    origin.answer = (_request, response) => {
      response.setHeader("cache-control", "max-age=600");
      response.setHeader("cache-tag", "pages");
      response.end("a page");
    };
    for (const node of [first, second]) {
      await until(
        "the shield is known",
        async () => (await page(node, `/${Math.random()}`)).headers["x-edge-region"] === ABROAD,
      );
    }
  });

  it("is asked by all regions, and asks the origin once for all of them", async () => {
    const before = origin.asked.length;
    const answers = [await page(first, "/shared"), await page(second, "/shared"), await page(third, "/shared")];
    assert.deepEqual(
      answers.map(({ body, headers }) => [body, headers["x-cache"]]),
      [
        ["a page", "MISS"],
        ["a page", "MISS"],
        ["a page", "HIT"],
      ],
    );
    assert.equal(answers[0]?.headers["cache-tag"], undefined, "clients are not told of tags");
    assert.equal(origin.asked.length, before + 1);
    const held: http.ServerResponse[] = [];
    origin.answer = (_request, response) => held.push(response);
    const both = [page(first, "/at-once"), page(second, "/at-once")];
    await until("both wait at the shield", async () => (await sessions(third, "varnish")) >= 2);
    await until("the origin was asked", () => held.length > 0);
    for (const response of held) response.setHeader("cache-control", "max-age=600").end("one page");
    assert.deepEqual(
      (await Promise.all(both)).map(({ body }) => body),
      ["one page", "one page"],
    );
    assert.equal(held.length, 1);
    const again = await page(first, "/shared");
    assert.deepEqual([again.headers["x-cache"], again.headers["x-edge-region"]], ["HIT", HOME]);
  });
});

describe("a farm whose runner goes", () => {
  it("loses no GET: its sibling answers", async (t) => {
    const answers: Answer[] = [];
    let isOver = false;
    const clients = Array.from({ length: 4 }, async () => {
      while (!isOver) answers.push(await ask(first));
    });
    await until("the first node answers", () => answers.length > 20);
    first.runner.process?.kill("SIGKILL");
    await until("the second node answers", () => answers.filter(({ body }) => body === "second").length > 100);
    isOver = true;
    await Promise.all(clients);
    const failed = answers.filter(({ status }) => status !== 200);
    assert.deepEqual(failed, []);
    t.diagnostic(
      `${answers.length} requests, ${answers.filter(({ body }) => body === "second").length} by the sibling`,
    );
    assert.equal(answers.at(-1)?.headers["x-edge-region"], HOME);
  });

  it("has its sibling take what a client sends, too", async () => {
    await until("the probe has seen it", async () => (await first.plain("/readyz")).status === 503);
    const { status, body } = await ask(first, { method: "POST", body: " took this" });
    assert.deepEqual([status, body], [200, "second took this"]);
  });

  it("repeats no POST that may have run", async () => {
    const hanging = ask(first, { method: "POST", path: "/hang", body: " once" });
    await until("it runs on the second node", () => hasBegun(second));
    second.runner.process?.kill("SIGKILL");
    const { status, headers } = await hanging;
    assert.ok(status === 502 || status === 503, `${status}`);
    assert.match(`${headers["x-edge-error"]}`, /^ERR_/);
  });
});

describe("a region without a runner", () => {
  it("is answered for by the next one, which says so", async () => {
    for (const node of [first, second]) {
      // Each finds out by itself, at moments of its own.
      await until("the other region answers", async () => (await ask(node)).body === "third");
      const { status, body, headers } = await ask(node);
      assert.deepEqual([status, body, headers["x-edge-region"]], [200, "third", ABROAD]);
    }
  });

  it("is asked with as large a head as the door takes, by way of all the nodes' programs", async () => {
    const cookie = "c".repeat(HEADER_BYTES_MAX - 800);
    const { status, body } = await ask(first, { headers: { cookie } });
    assert.deepEqual([status, body], [200, "third"]);
  });

  it("ends in one typed error when no other has one either, and asks nobody in circles", async () => {
    third.runner.process?.kill("SIGKILL");
    const meanwhile: Answer[] = [];
    await until("all know", async () => {
      for (const node of [first, second, third]) {
        meanwhile.push(await ask(node), await ask(node, { method: "POST", body: " took this" }));
      }
      return (await Promise.all([first, second, third].map(peersUp))).join() === "0,0,0";
    });
    // It may answer until it is dead; what fails says how, in JSON.
    const untyped = meanwhile.filter(({ status, headers, body }) => {
      return status !== 200 && !(status >= 500 && body.includes(`"code":"${headers["x-edge-error"]}"`));
    });
    assert.deepEqual(untyped, []);
    await until("nobody is ready", async () => (await third.plain("/readyz")).status === 503);
    for (const node of [first, second, third]) {
      const { status, headers, body } = await ask(node);
      assert.equal(status, 503);
      assert.match(`${headers["x-edge-error"]}`, /^ERR_(FARM|RUNNER)_UNAVAILABLE$/);
      assert.equal(JSON.parse(body).error.code, headers["x-edge-error"]);
    }
  });

  it("serves itself again when its runner is back, and its sibling, too", async () => {
    await first.runner.start();
    const isTaken = () =>
      first.runner.activate(1).then(
        ({ status }) => status === 200,
        () => false,
      );
    await until("it takes its release", isTaken);
    await until("the first node answers", async () => (await ask(first)).body === "first");
    await until("the second node asks it", async () => (await ask(second)).body === "first");
    await until("the other region asks home", async () => (await ask(third)).headers["x-edge-region"] === HOME);
  });
});

describe("the list of siblings", () => {
  it("changes while HAProxy runs", async () => {
    const pid = await startTimeOf(second);
    writeFileSync(join(second.layout.etc, FARM_LIST), "[]");
    await until("the second node asks nobody here", async () => (await ask(second)).status === 503);
    writeFileSync(join(second.layout.etc, FARM_LIST), JSON.stringify([{ name: "first", address: FIRST }]));
    await until("it asks the first again", async () => (await ask(second)).body === "first");
    assert.equal(await startTimeOf(second), pid);
  });
});

/** Asks the first node's door of other nodes, as one of them unless `cert` is given. */
function askPeer({ cert = own(), headers = {} }: { cert?: string; headers?: Record<string, string> }): Promise<Answer> {
  const { address, ports } = first.config;
  const ca = readFileSync(first.layout.peers.authority, "utf8");
  const shown = cert === "" ? {} : { cert, key: cert };
  const target = { host: address, port: ports.peers, servername: peerName(DOMAIN), ca, ...shown };
  return send(target, { headers: { host: DOMAIN, ...headers } });
}

function own(): string {
  return readFileSync(heldCertificate(second.layout, "peers"), "utf8");
}
