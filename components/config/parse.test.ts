import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS, LIMITS } from "@edge-fleet/runner/limits";
import fc from "fast-check";
import { faults, legalConfig, problemsOf, setInRegion, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

const routeOf = (path: string) => ({ host: null, methods: [], path, priority: 0 });
const DEFAULTS = {
  limits: DEFAULT_LIMITS,
  env: {},
  secrets: {},
  bindings: {},
  egress: { allow: null },
  isolation: "shared" as const,
  schedules: [],
  passThrough: null,
  container: null,
  policies: null,
  cache: { onDeploy: "keep" },
  regions: [],
};

test("a short config has every default", () => {
  const config = parseFleetConfig(legalConfig(), TEST_CONTEXT);
  assert.equal(config.name, "local");
  assert.deepEqual(config.regions, [
    {
      name: "ap-northeast-1",
      cidr: "10.4.0.0/16",
      nodes: 1,
      maxNodes: 2,
      retire: false,
      address: "127.0.1.1",
      failover: ["us-east-1", "eu-central-1"],
    },
    {
      name: "eu-central-1",
      cidr: "10.18.0.0/16",
      nodes: 1,
      maxNodes: 2,
      retire: false,
      address: "127.0.1.2",
      failover: ["us-east-1", "ap-northeast-1"],
    },
    {
      name: "us-east-1",
      cidr: "10.31.0.0/16",
      nodes: 1,
      maxNodes: 2,
      retire: false,
      address: "127.0.1.3",
      failover: ["eu-central-1", "ap-northeast-1"],
    },
  ]);
  assert.deepEqual(config.functions, [
    { name: "api", routes: [routeOf("/api/*")], ...DEFAULTS },
    { name: "hello", routes: [routeOf("/hello/*")], ...DEFAULTS },
  ]);
  assert.deepEqual(config.size, {
    workers: 1,
    privateWorkers: 4,
    workerRssMb: 512,
    isolates: { max: 50, idleMs: 300_000, spare: 2 },
    cacheMb: 64,
    files: 65_536,
    clientConnections: 1_000,
  });
  assert.equal(config.geoipDatabase, null);
  assert.deepEqual(config.origins, []);
  assert.deepEqual([config.postgres, config.redis], [[], []]);
  assert.equal(config.local?.hubAddress, "127.0.1.254");
  assert.deepEqual(config.local?.ports, {
    https: 8443,
    http: 8080,
    peers: 8444,
    haproxyMetrics: 8404,
    varnishMetrics: 9131,
    runnerAdmin: 9464,
    agentAdmin: 9465,
    dns: 5300,
    prometheus: 9090,
    origin: 9900,
  });
});

test("what is written replaces the defaults, one by one", () => {
  const raw = legalConfig();
  raw.functions = {
    api: {
      routes: ["/v1/*"],
      limits: { wallMs: 5000 },
      env: { GREETING: "hi" },
      regions: ["us-east-1", "eu-central-1"],
    },
  };
  raw.origins = { demo: { host: "127.0.1.254", port: 9900 } };
  raw.local = { ports: { https: 9443 } };
  setInRegion(raw, "us-east-1", { failover: [], cidr: "192.168.0.0/20", countries: ["JP"] });
  const config = parseFleetConfig(raw, TEST_CONTEXT);
  assert.deepEqual(config.functions[0], {
    ...DEFAULTS,
    name: "api",
    routes: [routeOf("/v1/*")],
    limits: { ...DEFAULT_LIMITS, wallMs: 5000 },
    env: { GREETING: "hi" },
    regions: ["eu-central-1", "us-east-1"],
  });
  assert.deepEqual(config.origins, [
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
  ]);
  assert.equal(config.local?.ports.https, 9443);
  assert.equal(config.local?.ports.http, 8080);
  assert.deepEqual(config.regions[2]?.failover, []);
  assert.equal(config.regions[2]?.cidr, "192.168.0.0/20");
  assert.equal(config.geography.countries.JP, "us-east-1");
});

test("the raw config is left as it was", () => {
  const raw = legalConfig();
  raw.size = { workers: "many" };
  const before = structuredClone(raw);
  assert.equal(problemsOf(raw).length, 1);
  assert.deepEqual(raw, before);
});

test("one message has every problem, each with its key, value and remedy", () => {
  const raw = legalConfig();
  raw.domian = "edge.test";
  raw.domain = "Edge_Test";
  raw.regions["eu-west-9"] = {};
  raw.functions = { helo: {}, api: { limits: { wallMs: LIMITS.wallMs.ceiling + 1 } } };
  setInRegion(raw, "eu-central-1", { continents: ["EU", "AS"] });
  raw.local = { ports: { http: 8443 } };
  assert.throws(
    () => parseFleetConfig(raw, TEST_CONTEXT),
    (error: Error) => {
      assert.match(error.message, /^the config of stack local has 7 problems\n/);
      for (const block of [
        'edge-fleet:domain = "Edge_Test"\n    is not a domain name that a fleet can answer for.\n    Use two or more',
        'edge-fleet:domian = "edge.test"\n    is not a known key.\n    Did you mean domain?',
        "edge-fleet:regions.eu-west-9 = {}\n    is not a known AWS region.\n    Did you mean eu-",
        "edge-fleet:functions.helo\n    is config for a function that does not exist in functions/.\n    Did you mean hello?",
        "edge-fleet:functions.api.limits.wallMs = 30001\n    is above the ceiling of 30000.\n    Use 30000 or less.",
        'edge-fleet:regions.eu-central-1.continents = "AS"\n    claims AS, which edge-fleet:regions.ap-northeast-1.continents claims too.',
        "edge-fleet:local.ports.http = 8443\n    is also edge-fleet:local.ports.https.",
      ]) {
        assert.ok(error.message.includes(block), block);
      }
      return true;
    },
  );
});

test("an empty config names the keys that must be there, and nothing else", () => {
  assert.deepEqual(
    problemsOf({}).map(({ key, problem, remedy }) => `${key} ${problem}. ${remedy}`),
    [
      "edge-fleet:domain is missing. Set it. Domain that the fleet answers for: `edge.example.com`.",
      "edge-fleet:regions is missing. Set it. The fleet's regions, by AWS code. At least one.",
      "edge-fleet:target is missing. Set it. Where the fleet runs: `local` as processes of this machine, `aws` in the cloud.",
    ],
  );
});

test("an origin is a host and a port, never the metadata service", () => {
  assert.deepEqual(
    faults(
      (raw) =>
        (raw.origins = {
          meta: { host: "169.254.169.254", port: 80 },
          half: { host: "a.test" },
          "A b": { host: "a.test", port: 1 },
        }),
    ),
    [
      "origins.half.port: is missing",
      "origins.meta.host: is an address that is never an origin",
      'origins["A b"]: is not an origin\'s name',
    ],
  );
});

test("a secret is refused without being shown", () => {
  const raw = { ...legalConfig(), functions: { api: { env: { TOKEN: "hunter2" } } }, password: "hunter3" };
  assert.throws(
    () => parseFleetConfig(raw, { ...TEST_CONTEXT, secretKeys: ["functions", "password"] }),
    (error: Error) => {
      assert.match(error.message, /edge-fleet:functions\n {4}is a secret/);
      assert.match(error.message, /edge-fleet:password\n {4}is not a known key/);
      assert.doesNotMatch(error.message, /hunter/);
      return true;
    },
  );
});

test("a key that would change an object's prototype is refused at any depth", () => {
  const raw = JSON.parse('{"functions":{"api":{"env":{"__proto__":"x"}},"__proto__":{}},"__proto__":{"target":"aws"}}');
  const found = problemsOf({ ...raw, ...legalConfig(), functions: raw.functions }).map(({ key }) => key);
  assert.deepEqual(found, [
    "edge-fleet:__proto__",
    "edge-fleet:functions.__proto__",
    "edge-fleet:functions.api.env.__proto__",
  ]);
});

test("a long value is cut short", () => {
  const raw = { ...legalConfig(), domain: "x".repeat(10_000) };
  assert.throws(
    () => parseFleetConfig(raw, TEST_CONTEXT),
    (error: Error) => error.message.length < 1_000,
  );
});

test("any JSON at all in place of a key gives a config or a list of problems", () => {
  const keys = [
    "target",
    "domain",
    "regions",
    "size",
    "geoipDatabase",
    "functions",
    "limits",
    "origins",
    "postgres",
    "redis",
    "local",
  ] as const;
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      const raw = { ...legalConfig(), [key]: value };
      for (const { key: at, problem, remedy } of problemsOf(raw)) {
        assert.ok(at.startsWith("edge-fleet:"));
        assert.ok(
          problem.length > 0 && remedy.length > 0 && !remedy.includes("undefined"),
          `${at} ${problem} ${remedy}`,
        );
      }
    }),
    { numRuns: 400, examples: [["target", { toString: 0 }]] },
  );
});

test("any value in any place of a legal config gives a config or a problem at, above or below that place", () => {
  const places = [
    ["regions", "us-east-1"],
    ["regions", "us-east-1", "continents"],
    ["regions", "us-east-1", "address"],
    ["functions", "api", "limits"],
    ["functions", "api", "env"],
    ["functions", "api", "routes"],
    ["functions", "api", "secrets"],
    ["functions", "api", "egress"],
    ["limits", "heapMb"],
    ["size", "isolates"],
    ["local", "ports"],
    ["local", "ports", "dns"],
    ["size", "workers"],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
      const raw: Record<string, unknown> = {
        ...legalConfig(),
        functions: { api: { limits: {}, env: {} } },
        limits: {},
        local: { ports: {} },
        size: {},
      };
      const owner = place.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, raw);
      owner[place.at(-1) ?? ""] = value;
      const [top] = place;
      for (const { key } of problemsOf(raw)) assert.ok(key.startsWith(`edge-fleet:${top}`), key);
    }),
    { numRuns: 400 },
  );
});
