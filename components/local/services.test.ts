import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_SIZE } from "../config/schema.ts";
import type { NodeConfig } from "../node/nodeConfig.ts";
import { LONE_NODE } from "../node/nodeFixture.ts";
import { type HubConfig, hubDigests } from "./hubServices.ts";
import { nodeDigests, nodeServices, type Placement } from "./services.ts";
import { localLayout } from "./stateDir.ts";

const NODE: NodeConfig = {
  ...LONE_NODE,
  name: "us-east-1",
  region: "us-east-1",
  address: "127.0.1.3",
  resolver: { address: "127.0.1.254", port: 5300 },
  origins: [
    {
      name: "demo",
      host: "127.0.1.254",
      port: 9900,
      tls: null,
      serves: [],
      shield: null,
      connections: 100,
      health: null,
    },
  ],
  cache: { staticPaths: ["/assets/*", "/favicon.ico"] },
  postgres: [{ name: "orders", url: "orders-url", ca: null, tls: null, connections: 8 }],
  redis: [{ name: "sessions", url: "sessions-url", ca: "ca.pem", tls: "verify", prefix: "sessions:" }],
  countryMap: false,
};
const SOURCES = { code: "c0de", geoip: null };

const HUB: HubConfig = {
  fleet: "local",
  domain: "edge.test",
  address: "127.0.1.254",
  ports: { dns: 5300, prometheus: 9090, origin: 9900 },
  geography: {
    continents: {
      AF: "us-east-1",
      AN: "us-east-1",
      AS: "us-east-1",
      EU: "us-east-1",
      NA: "us-east-1",
      OC: "us-east-1",
      SA: "us-east-1",
    },
    countries: { TR: "us-east-1", CY: "us-east-1" },
    defaultRegion: "us-east-1",
  },
  regions: [{ name: "us-east-1", addresses: ["127.0.1.3"], failover: [] }],
  regionPorts: NODE.ports,
};

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, child]) => [key, reverseKeys(child)]),
  );
}

function placement(root: string): Placement {
  return {
    layout: localLayout(root, NODE.name),
    packageDir: `${root}/package`,
    node: `${root}/node`,
    compileCache: `${root}/cache`,
  };
}

function changedBy(change: Partial<NodeConfig>, sources = SOURCES): string[] {
  const before = nodeDigests(NODE, SOURCES);
  const now = nodeDigests({ ...NODE, ...change }, sources);
  return Object.keys(now).filter((name) => now[name] !== before[name]);
}

describe("nodeServices", () => {
  it("has the digests that the plan shows, wherever the checkout and the state are", () => {
    for (const root of ["/home/a/fleet", "/srv/b"]) {
      const digests = Object.fromEntries(
        nodeServices(NODE, placement(root), SOURCES).map(({ name, digest }) => [name, digest]),
      );
      assert.deepEqual(digests, nodeDigests(NODE, SOURCES));
    }
  });

  it("starts each service after others that exist, and none after itself", () => {
    const services = nodeServices(NODE, placement("/srv"), SOURCES);
    const started = new Set<string>();
    while (started.size < services.length) {
      const next = services.find(({ name, after }) => !started.has(name) && after.every((other) => started.has(other)));
      assert.ok(next, `a circle or an unknown name after ${[...started]}`);
      started.add(next.name);
    }
  });
});

describe("digests", () => {
  it("do not depend on the order of keys, which the engine changes", () => {
    const reordered = reverseKeys(NODE) as NodeConfig;
    assert.deepEqual(nodeDigests(reordered, SOURCES), nodeDigests(NODE, SOURCES));
    const sources = { code: "c0de", geoip: "1234" };
    assert.deepEqual(hubDigests(reverseKeys(HUB) as HubConfig, sources), hubDigests(HUB, sources));
  });
});

describe("nodeDigests", () => {
  it("changes only for what a change concerns", () => {
    assert.deepEqual(changedBy({ size: { ...DEFAULT_SIZE, cacheMb: 32 } }), ["varnish"]);
    assert.deepEqual(changedBy({ size: { ...DEFAULT_SIZE, workers: 2 } }), ["runner"]);
    assert.deepEqual(changedBy({ origins: [] }), ["runner"]);
    assert.deepEqual(changedBy({ postgres: [] }), ["runner"]);
    assert.deepEqual(changedBy({ redis: [] }), ["runner"]);
    assert.deepEqual(changedBy({ ports: { ...NODE.ports, https: 9443 } }), ["haproxy"]);
    assert.deepEqual(changedBy({}, { ...SOURCES, code: "other" }), ["runner", "agent"]);
  });
});
