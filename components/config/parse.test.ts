import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS, LIMITS } from "@edge-fleet/runner/limits";
import fc from "fast-check";
import { type ParseContext, parseFleetConfig } from "./parse.ts";
import { ConfigError, type ConfigProblem } from "./problems.ts";

const context: ParseContext = { stack: "local", functionNames: ["hello", "api"] };

/** A legal config, a new one for each test to break. */
function legal() {
  return {
    target: "local",
    domain: "edge.test",
    regions: {
      "us-east-1": { continents: ["NA", "SA", "AN"], default: true, address: "127.0.1.3" },
      "eu-central-1": { continents: ["EU", "AF"], address: "127.0.1.2" },
      "ap-northeast-1": { continents: ["AS", "OC"], address: "127.0.1.1" },
    } as Record<string, Record<string, unknown>>,
  } as Record<string, unknown> & { regions: Record<string, Record<string, unknown>> };
}

function problemsOf(raw: Record<string, unknown>, where: ParseContext = context): readonly ConfigProblem[] {
  try {
    parseFleetConfig(raw, where);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

/** What is wrong, as `key: problem`, after `change` was made to a legal config. */
function faults(change: (raw: ReturnType<typeof legal>) => void, where = context): string[] {
  const raw = legal();
  change(raw);
  return problemsOf(raw, where).map(({ key, problem }) => `${key.replace("edge-fleet:", "")}: ${problem}`);
}

function setIn(raw: Record<string, unknown>, region: string, change: Record<string, unknown>): void {
  const regions = raw.regions as Record<string, Record<string, unknown>>;
  regions[region] = { ...regions[region], ...change };
}

test("a short config has every default", () => {
  const config = parseFleetConfig(legal(), context);
  assert.equal(config.name, "local");
  assert.deepEqual(config.regions, [
    { name: "ap-northeast-1", cidr: "10.4.0.0/16", address: "127.0.1.1", failover: ["us-east-1", "eu-central-1"] },
    { name: "eu-central-1", cidr: "10.18.0.0/16", address: "127.0.1.2", failover: ["us-east-1", "ap-northeast-1"] },
    { name: "us-east-1", cidr: "10.31.0.0/16", address: "127.0.1.3", failover: ["eu-central-1", "ap-northeast-1"] },
  ]);
  assert.deepEqual(config.functions, [
    { name: "api", routes: ["/api/*"], limits: DEFAULT_LIMITS, env: {}, regions: [] },
    { name: "hello", routes: ["/hello/*"], limits: DEFAULT_LIMITS, env: {}, regions: [] },
  ]);
  assert.deepEqual(config.size, { workers: 1, cacheMb: 64 });
  assert.equal(config.geoipDatabase, null);
  assert.deepEqual(config.origins, []);
  assert.equal(config.local?.hubAddress, "127.0.1.254");
  assert.deepEqual(config.local?.ports, {
    https: 8443,
    http: 8080,
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
  const raw = legal();
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
  setIn(raw, "us-east-1", { failover: [], cidr: "192.168.0.0/20", countries: ["JP"] });
  const config = parseFleetConfig(raw, context);
  assert.deepEqual(config.functions[0], {
    name: "api",
    routes: ["/v1/*"],
    limits: { ...DEFAULT_LIMITS, wallMs: 5000 },
    env: { GREETING: "hi" },
    regions: ["eu-central-1", "us-east-1"],
  });
  assert.deepEqual(config.origins, [{ name: "demo", host: "127.0.1.254", port: 9900 }]);
  assert.equal(config.local?.ports.https, 9443);
  assert.equal(config.local?.ports.http, 8080);
  assert.deepEqual(config.regions[2]?.failover, []);
  assert.equal(config.regions[2]?.cidr, "192.168.0.0/20");
  assert.equal(config.geography.countries.JP, "us-east-1");
});

test("the raw config is left as it was", () => {
  const raw = legal();
  raw.size = { workers: "many" };
  const before = structuredClone(raw);
  assert.equal(problemsOf(raw).length, 1);
  assert.deepEqual(raw, before);
});

test("one message has every problem, each with its key, value and remedy", () => {
  const raw = legal();
  raw.domian = "edge.test";
  raw.domain = "Edge_Test";
  raw.regions["eu-west-9"] = {};
  raw.functions = { helo: {}, api: { limits: { wallMs: LIMITS.wallMs.ceiling + 1 } } };
  setIn(raw, "eu-central-1", { continents: ["EU", "AS"] });
  raw.local = { ports: { http: 8443 } };
  assert.throws(
    () => parseFleetConfig(raw, context),
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
    problemsOf({}).map(({ key, problem }) => `${key} ${problem}`),
    ["edge-fleet:domain is missing", "edge-fleet:regions is missing", "edge-fleet:target is missing"],
  );
});

test("there is at least one region, and exactly one default", () => {
  assert.deepEqual(
    faults((raw) => (raw.regions = {})),
    ["regions: has no region"],
  );
  assert.deepEqual(
    faults((raw) => setIn(raw, "us-east-1", { default: false })),
    ["regions: has no default region"],
  );
  assert.deepEqual(
    faults((raw) => setIn(raw, "eu-central-1", { default: true })),
    ["regions.us-east-1.default: is true, and edge-fleet:regions.eu-central-1.default is too"],
  );
});

test("a default that cannot be read is not also missing", () => {
  assert.deepEqual(
    faults((raw) => setIn(raw, "us-east-1", { default: "yes" })),
    ["regions.us-east-1.default: is not true or false"],
  );
});

test("a country is claimed once, by its ISO code", () => {
  assert.deepEqual(
    faults((raw) => {
      setIn(raw, "eu-central-1", { countries: ["UK", "FR", "FR"] });
      setIn(raw, "ap-northeast-1", { countries: ["IN", false] });
      setIn(raw, "us-east-1", { countries: ["IN"] });
    }),
    [
      "regions.ap-northeast-1.countries[1]: is not text",
      "regions.eu-central-1.countries[0]: is not an ISO 3166-1 alpha-2 country code",
      "regions.us-east-1.countries: claims IN, which edge-fleet:regions.ap-northeast-1.countries claims too",
    ].toSpliced(1, 0, "regions.eu-central-1.countries: has an entry twice"),
  );
});

test("failover goes to other regions of the stack", () => {
  assert.deepEqual(
    faults((raw) => {
      setIn(raw, "us-east-1", { failover: ["us-east-1"] });
      setIn(raw, "eu-central-1", { failover: ["eu-west-1"] });
      setIn(raw, "ap-northeast-1", { failover: ["narnia"] });
    }),
    [
      "regions.ap-northeast-1.failover[0]: is not a known AWS region",
      "regions.eu-central-1.failover[0]: is not a region of this stack",
      "regions.us-east-1.failover[0]: is the region itself",
    ],
  );
});

test("networks are private, of a size that fits, and do not overlap", () => {
  assert.deepEqual(
    faults((raw) => {
      setIn(raw, "us-east-1", { cidr: "10.4.128.0/20" });
      setIn(raw, "eu-central-1", { cidr: "8.8.0.0/16" });
    }),
    [
      "regions.eu-central-1.cidr: is not a private IPv4 network of /16 to /24",
      "regions.us-east-1.cidr: overlaps 10.4.0.0/16, the network of ap-northeast-1",
    ],
  );
  for (const cidr of ["10.40.0.1/16", "10.32.0.0/11", "10.40.0.0/25", "fd00::/48", "10.40.0.0"]) {
    assert.equal(faults((raw) => setIn(raw, "us-east-1", { cidr })).length, 1, cidr);
  }
});

test("local addresses are loopback and each has one owner", () => {
  assert.deepEqual(
    faults((raw) => {
      setIn(raw, "us-east-1", { address: "127.0.1.2" });
      setIn(raw, "ap-northeast-1", { address: "10.0.0.1" });
      raw.regions["eu-west-1"] = {};
      raw.local = { hubAddress: "::1" };
    }),
    [
      "local.hubAddress: is not an IPv4 loopback address",
      "regions.ap-northeast-1.address: is not an IPv4 loopback address",
      "regions.eu-west-1.address: is missing; with target local every region has an address of its own",
      "regions.us-east-1.address: is also edge-fleet:regions.eu-central-1.address",
    ],
  );
  assert.deepEqual(
    faults((raw) => (raw.local = { hubAddress: "127.0.1.1" })),
    ["regions.ap-northeast-1.address: is also edge-fleet:local.hubAddress"],
  );
});

test("ports that share an address differ, and others may be equal", () => {
  assert.deepEqual(
    faults((raw) => (raw.local = { ports: { agentAdmin: 9464, prometheus: 5300, dns: 5300, origin: 8443 } })),
    [
      "local.ports.agentAdmin: is also edge-fleet:local.ports.runnerAdmin",
      "local.ports.prometheus: is also edge-fleet:local.ports.dns",
    ],
  );
  assert.deepEqual(
    faults((raw) => (raw.local = { ports: { https: 0, http: 65_536, dns: 1.5, origin: "80" } })),
    [
      "local.ports.dns: is not a whole number",
      "local.ports.http: is above the ceiling of 65535",
      "local.ports.https: is below the floor of 1",
      "local.ports.origin: is not a number",
    ],
  );
});

test("the cloud target has no local keys", () => {
  const raw = legal();
  raw.target = "aws";
  for (const region of Object.values(raw.regions)) delete region.address;
  assert.equal(parseFleetConfig(raw, context).local, null);
  assert.equal(parseFleetConfig(raw, context).regions[0]?.address, null);
  raw.local = {};
  setIn(raw, "us-east-1", { address: "127.0.1.3" });
  assert.deepEqual(
    problemsOf(raw).map(({ key, problem }) => `${key} ${problem}`),
    [
      "edge-fleet:local is only for target local, and the target is aws",
      "edge-fleet:regions.us-east-1.address is only for target local, and the target is aws",
    ],
  );
});

test("the same route in two functions is refused, naming both", () => {
  assert.deepEqual(
    faults((raw) => (raw.functions = { api: { routes: ["/x/:a", "/hello/*", "/x/:b"] } })),
    [
      "functions.api.routes: has /x/:a and /x/:b, which match the same paths",
      "functions.hello.routes: match the same paths as /hello/* of the function api",
    ],
  );
});

test("a function's config is checked key by key", () => {
  assert.deepEqual(
    faults((raw) => {
      raw.functions = {
        api: {
          routes: ["api", "/a*"],
          limits: { heapMb: 1, cpu: 5, wallMs: "10s" },
          env: { "1a": "x", N: 5 },
          regions: ["eu-west-1"],
          timeout: 3,
        },
        hello: { routes: [], regions: [], env: { OK: "x" } },
      };
    }),
    [
      "functions.api.env.1a: is not a variable's name",
      "functions.api.env.N: is not text",
      "functions.api.limits.cpu: is not a known key",
      "functions.api.limits.heapMb: is below the floor of 8",
      "functions.api.limits.wallMs: is not a number",
      "functions.api.regions[0]: is not a region of this stack",
      "functions.api.routes[0]: is not a path pattern: it does not start with /",
      "functions.api.routes[1]: is not a path pattern: it has * inside a segment",
      "functions.api.timeout: is not a known key",
      "functions.hello.regions: is empty",
      "functions.hello.routes: is empty",
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
  const raw = { ...legal(), functions: { api: { env: { TOKEN: "hunter2" } } }, password: "hunter3" };
  assert.throws(
    () => parseFleetConfig(raw, { ...context, secretKeys: ["functions", "password"] }),
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
  const found = problemsOf({ ...raw, ...legal(), functions: raw.functions }).map(({ key }) => key);
  assert.deepEqual(found, [
    "edge-fleet:__proto__",
    "edge-fleet:functions.__proto__",
    "edge-fleet:functions.api.env.__proto__",
  ]);
});

test("a long value is cut short", () => {
  const raw = { ...legal(), domain: "x".repeat(10_000) };
  assert.throws(
    () => parseFleetConfig(raw, context),
    (error: Error) => error.message.length < 1_000,
  );
});

test("any JSON at all in place of a key gives a config or a list of problems", () => {
  const keys = ["target", "domain", "regions", "size", "geoipDatabase", "functions", "origins", "local"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
      const raw = { ...legal(), [key]: value };
      for (const { key: at, problem, remedy } of problemsOf(raw)) {
        assert.ok(at.startsWith("edge-fleet:"));
        assert.ok(
          problem.length > 0 && remedy.length > 0 && !remedy.includes("undefined"),
          `${at} ${problem} ${remedy}`,
        );
      }
    }),
    { numRuns: 400 },
  );
});

test("any value in any place of a legal config gives a config or a problem at, above or below that place", () => {
  const places = [
    ["regions", "us-east-1"],
    ["regions", "us-east-1", "continents"],
    ["regions", "us-east-1", "address"],
    ["functions", "api", "limits"],
    ["functions", "api", "env"],
    ["local", "ports"],
    ["local", "ports", "dns"],
    ["size", "workers"],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
      const raw: Record<string, unknown> = {
        ...legal(),
        functions: { api: { limits: {}, env: {} } },
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
