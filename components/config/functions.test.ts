import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, legalConfig, problemsOf, TEST_CONTEXT } from "./legalConfig.ts";
import { parseFleetConfig } from "./parse.ts";

function apiOf(api: Record<string, unknown>) {
  const [config] = parseFleetConfig({ ...legalConfig(), functions: { api } }, TEST_CONTEXT).functions;
  assert.ok(config);
  return config;
}

test("a route is text or a map, with host, methods and priority where they are wanted", () => {
  const { routes } = apiOf({
    routes: [
      "/v1/*",
      "api.example.com/v1/*",
      "POST,GET /x",
      { path: "/y", host: "*.example.com", methods: ["PUT", "GET"], priority: 5 },
      { path: "/z" },
    ],
  });
  assert.deepEqual(routes, [
    { host: null, methods: [], path: "/v1/*", priority: 0 },
    { host: "api.example.com", methods: [], path: "/v1/*", priority: 0 },
    { host: null, methods: ["GET", "POST"], path: "/x", priority: 0 },
    { host: "*.example.com", methods: ["GET", "PUT"], path: "/y", priority: 5 },
    { host: null, methods: [], path: "/z", priority: 0 },
  ]);
});

test("every part of a wrong route is told, whether it is text or a map", () => {
  assert.deepEqual(
    faults((raw) => {
      raw.functions = {
        api: {
          routes: [
            "get /x",
            "a.test:80/x",
            5,
            { path: "x", host: "A", methods: ["GETS"], priority: 2_000, methdos: [] },
            { host: "a.test" },
          ],
        },
      };
    }),
    [
      "functions.api.routes[0]: is not a route: it has the method get, which is none of GET, POST and so on in capitals",
      "functions.api.routes[1]: is not a route: it has the host a.test:80, which is neither a lower-case name nor *. before one, without a port",
      "functions.api.routes[2]: is not text",
      "functions.api.routes[3].host: is not a route's host: it has the host A, which is neither a lower-case name nor *. before one, without a port",
      "functions.api.routes[3].methdos: is not a known key",
      "functions.api.routes[3].methods[0]: is not a method that fetch can send",
      "functions.api.routes[3].path: is not a route's path: it does not start with /",
      "functions.api.routes[3].priority: is above the ceiling of 1000",
      "functions.api.routes[4].path: is missing",
    ],
  );
  const remedies = problemsOf({ ...legalConfig(), functions: { api: { routes: [{ path: "/", methdos: [] }, {}] } } });
  assert.match(remedies[0]?.remedy ?? "", /Did you mean methods\?/);
  assert.match(remedies[1]?.remedy ?? "", /Set it. Path pattern\./);
});

test("routes that differ in host, method or priority are no conflict", () => {
  const both = (api: unknown, hello: unknown) =>
    faults((raw) => (raw.functions = { api: { routes: [api] }, hello: { routes: [hello] } }));
  assert.deepEqual(both("/x", "a.test/x"), []);
  assert.deepEqual(both("GET /x", "POST /x"), []);
  assert.deepEqual(both("/x", { path: "/x", priority: 1 }), []);
  assert.deepEqual(both("GET,POST /x", "PUT,POST /x"), [
    "functions.hello.routes: take the same requests as GET,POST /x of the function api",
  ]);
});

test("a pass-through origin has a scheme, a host and maybe a port, and nothing else", () => {
  assert.equal(apiOf({}).passThrough, null);
  for (const passThrough of ["https://origin.example.com", "http://127.0.1.254:9900", "https://[2001:db8::1]:8443"]) {
    assert.equal(apiOf({ passThrough }).passThrough, passThrough);
  }
  for (const passThrough of [
    "origin.example.com",
    "https://o.example/",
    "https://u:p@o.example",
    "ftp://o.example",
    "",
  ]) {
    assert.deepEqual(
      faults((raw) => (raw.functions = { api: { passThrough } })),
      ["functions.api.passThrough: is not an origin"],
    );
  }
});

test("secrets, egress and isolation are taken by name", () => {
  const { secrets, egress, isolation } = apiOf({
    secrets: { API_KEY: "payments.key" },
    egress: { allow: ["api.example.com", "*.example.org", "10.0.0.7:8443"] },
    isolation: "private",
  });
  assert.deepEqual(secrets, { API_KEY: "payments.key" });
  assert.deepEqual(egress, { allow: ["api.example.com", "*.example.org", "10.0.0.7:8443"] });
  assert.equal(isolation, "private");
  assert.deepEqual(apiOf({ egress: { allow: [] } }).egress, { allow: [] });
});

test("a secret is a name, never a path, and never beside a variable of the same name", () => {
  assert.deepEqual(
    faults((raw) => {
      raw.functions = {
        api: {
          env: { A: "x" },
          secrets: { A: "a", B: "../b", C: ".c", D: "" },
          egress: { allow: ["https://a.test", "a.test:0", "*", "a.test/x"] },
          isolation: "alone",
        },
        hello: { egress: {} },
      };
    }),
    [
      "functions.api.egress.allow[0]: is not a host that a function may be allowed",
      "functions.api.egress.allow[1]: is not a host that a function may be allowed",
      "functions.api.egress.allow[2]: is not a host that a function may be allowed",
      "functions.api.egress.allow[3]: is not a host that a function may be allowed",
      "functions.api.isolation: is not a kind of isolation",
      "functions.api.secrets.A: is also edge-fleet:functions.api.env.A",
      "functions.api.secrets.B: names no secret",
      "functions.api.secrets.C: names no secret",
      "functions.api.secrets.D: names no secret",
      "functions.hello.egress.allow: is missing",
    ],
  );
});

test("the same route in two functions is refused, naming both", () => {
  assert.deepEqual(
    faults((raw) => (raw.functions = { api: { routes: ["/x/:a", "/hello/*", "/x/:b"] } })),
    [
      "functions.api.routes: has /x/:a and /x/:b, which take the same requests",
      "functions.hello.routes: take the same requests as /hello/* of the function api",
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
      "functions.api.routes[0]: is not a route: it has no / that its path starts with",
      "functions.api.routes[1]: is not a route: it has * inside a segment",
      "functions.api.timeout: is not a known key",
      "functions.hello.regions: is empty",
    ],
  );
});

test("routes that a request could make expensive to match are refused", () => {
  const places = Array.from({ length: 1_024 }, (_, mask) =>
    Array.from({ length: 10 }, (_, bit) => (mask & (1 << bit) ? `:p${bit}` : "a")).join("/"),
  );
  const names = Array.from({ length: 8 }, (_, index) => `f${index}`);
  const functions = Object.fromEntries(
    names.map((name, index) => [
      name,
      { routes: places.slice(index * 128, index * 128 + 128).map((path) => `/${path}`) },
    ]),
  );
  assert.throws(
    () => parseFleetConfig({ ...legalConfig(), functions }, { stack: "local", functionNames: names }),
    /edge-fleet:functions\.f\d\.routes\n {4}make the fleet's routes too costly to match\.\n {4}Change them: .*2047 steps/,
  );
});

test("functions with a process of their own are no more than a node has, region by region", () => {
  const alone = (regions?: string[]) => ({ isolation: "private", ...(regions && { regions }) });
  const withTwo = (api: object, hello: object, privateWorkers: number) =>
    faults((raw) => {
      raw.functions = { api, hello };
      raw.size = { privateWorkers };
    });
  assert.deepEqual(withTwo(alone(), alone(), 2), []);
  assert.deepEqual(withTwo(alone(["us-east-1"]), alone(["eu-central-1"]), 1), []);
  assert.deepEqual(withTwo(alone(["us-east-1"]), alone(), 1), [
    "size.privateWorkers: is fewer than the functions with isolation private in us-east-1: api, hello",
  ]);
});

test("a binding says one thing that it stands for, and its name is nobody else's", () => {
  assert.deepEqual(apiOf({}).bindings, {});
  assert.deepEqual(apiOf({ bindings: { NOTES: { kv: "notes" } } }).bindings, { NOTES: { kind: "kv", name: "notes" } });
  const told = faults((raw) => {
    raw.functions = {
      api: {
        env: { A: "1" },
        secrets: { B: "b" },
        bindings: { A: { kv: "a" }, B: { kv: "b" }, C: {}, D: { kv: "No" }, E: { kvs: "e" }, "F-": { kv: "f" } },
      },
    };
  });
  assert.deepEqual(told, [
    "functions.api.bindings.A: is also edge-fleet:functions.api.env.A",
    "functions.api.bindings.B: is also edge-fleet:functions.api.secrets.B",
    "functions.api.bindings.C: does not say what the binding stands for",
    "functions.api.bindings.D.kv: is not the name of what a binding stands for",
    "functions.api.bindings.E.kvs: is not a known key",
    "functions.api.bindings.F-: is not a variable's name",
  ]);
});

test("a function that is bound exists, and runs wherever the one does that has it", () => {
  const binding = (name: string, more: Record<string, unknown> = {}) =>
    faults((raw) => {
      raw.functions = { api: { bindings: { OTHER: { function: name } } }, ...more };
    });
  assert.deepEqual(binding("hello"), []);
  assert.deepEqual(binding("api"), []);
  assert.deepEqual(binding("helo"), [
    "functions.api.bindings.OTHER.function: is a function that does not exist in functions/",
  ]);
  assert.deepEqual(binding("hello", { hello: { regions: ["us-east-1", "eu-central-1"] } }), [
    "functions.api.bindings.OTHER.function: is a function that does not run in ap-northeast-1, where api does",
  ]);
});

test("schedules are taken as they are written, in the fleet where they do not say", () => {
  const { schedules } = apiOf({ schedules: [{ cron: "*/5 * * * *" }, { cron: "30 2 * * MON-FRI", scope: "node" }] });
  assert.deepEqual(schedules, [
    { cron: "*/5 * * * *", scope: "fleet" },
    { cron: "30 2 * * MON-FRI", scope: "node" },
  ]);
  assert.deepEqual(apiOf({}).schedules, []);
  assert.deepEqual(
    faults((raw) => {
      const daily = { cron: "0 3 * * *", scope: "region" };
      raw.functions = {
        api: {
          schedules: [{ cron: "every minute" }, { cron: "0 0 31 2 *" }, { cron: "* * * * *", scope: "city" }, {}],
        },
        hello: { schedules: [daily, daily] },
      };
    }),
    [
      "functions.api.schedules[0].cron: is not a cron expression: it has not five fields with a space between: minute, hour, day of month, month, day of week",
      "functions.api.schedules[1].cron: is not a cron expression: it never comes",
      "functions.api.schedules[2].scope: is not a scope of a schedule",
      "functions.api.schedules[3].cron: is missing",
      "functions.hello.schedules: has a schedule twice",
    ],
  );
});

test("a function says what becomes of its copies on a deploy; they are kept unless it does", () => {
  assert.deepEqual(apiOf({}).cache, { onDeploy: "keep" });
  assert.deepEqual(apiOf({ cache: { onDeploy: "scope" } }).cache, { onDeploy: "scope" });
  assert.deepEqual(
    faults((raw) => {
      raw.functions = { api: { cache: { onDeploy: "forget" } } };
    }),
    ["functions.api.cache.onDeploy: is not one of keep, scope and purge"],
  );
});
