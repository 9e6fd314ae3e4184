import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { conflictsOf } from "./conflicts.ts";
import { NaiveRouter } from "./naiveRouter.ts";
import { canonicalPath } from "./path.ts";
import { parseRoute, type Route, showRoute } from "./route.ts";
import type { RouteError } from "./routeError.ts";
import { RouteTable, STEPS_MAX } from "./routeTable.ts";

const HOST = "edge.test";

function entryOf(route: string | Route, owner = "one") {
  const parsed = typeof route === "string" ? parseRoute(route) : route;
  assert.ok(parsed, `${route}`);
  return { owner, route: parsed, target: showRoute(parsed) };
}

function tableOf(...routes: (string | Route)[]): RouteTable<string> {
  return new RouteTable(routes.map((route) => entryOf(route)));
}

describe("route table", () => {
  const table = tableOf(
    "/",
    "/users/me",
    "/users/:id",
    "/users/*",
    "/api/*",
    "/api/v1/*",
    "/files/:name/raw",
    "/caf%C3%A9",
  );
  const cases: [string, string | undefined][] = [
    ["/", "/"],
    ["/users/me", "/users/me"],
    ["/users/42", "/users/:id"],
    ["/users/42/posts", "/users/*"],
    ["/users", "/users/*"],
    ["/api", "/api/*"],
    ["/api/", "/api/*"],
    ["/api/v1", "/api/v1/*"],
    ["/api/v1/x/y", "/api/v1/*"],
    ["/api/v2/x", "/api/*"],
    ["/apiary", undefined],
    ["/files/a/raw", "/files/:name/raw"],
    ["/files/a", undefined],
    ["/files", undefined],
    ["//users//me/", "/users/me"],
    ["/api/../users/me", "/users/me"],
    ["/api/%2e%2e/users/me", "/users/me"],
    ["/api/.%2E/users/./me", "/users/me"],
    ["/../../users/me", "/users/me"],
    ["/..", "/"],
    ["/users/..me", "/users/:id"],
    ["/users/%6de", "/users/me"],
    ["/users/a%2Fb", "/users/:id"],
    ["/users/a%2f..%2fme", "/users/:id"],
    ["/users/%zz", "/users/:id"],
    ["/users/%252e%252e", "/users/:id"],
    ["/caf%c3%a9", "/caf%C3%A9"],
    ["/USERS/me", undefined],
  ];
  for (const [path, expected] of cases) {
    it(`sends ${path} to ${expected ?? "nothing"}`, () =>
      assert.equal(table.match("GET", HOST, path)?.target, expected));
  }

  it("goes back to a wildcard when a literal or a parameter leads nowhere", () => {
    const deep = tableOf("/a/b/c", "/a/:x/d", "/a/*");
    assert.equal(deep.match("GET", HOST, "/a/b/d")?.target, "/a/:x/d");
    assert.equal(deep.match("GET", HOST, "/a/b/e")?.target, "/a/*");
  });

  it("prefers a path that ends to a wildcard that begins there", () => {
    assert.equal(tableOf("/:p/*", "/:q").match("GET", HOST, "/a")?.target, "/:q");
    assert.equal(tableOf("/a/*", "/:q").match("GET", HOST, "/a")?.target, "/a/*");
  });

  it("prefers an exact host, then the longest wildcard, then any; a closing dot and other depths count", () => {
    const hosts = tableOf("/x", "*.example.com/x", "*.api.example.com/x", "v1.api.example.com/x", "example.com/:any");
    const targets = ["v1.api.example.com", "v2.api.example.com", "a.b.example.com", "example.com", "other.test", ""];
    assert.deepEqual(
      [...targets, "v1.api.example.com.", `${"a.".repeat(200)}example.com`].map(
        (host) => hosts.match("GET", host, "/x")?.target,
      ),
      [
        "v1.api.example.com/x",
        "*.api.example.com/x",
        "*.example.com/x",
        "example.com/:any",
        "/x",
        "/x",
        "v1.api.example.com/x",
        "/x",
      ],
    );
  });

  it("prefers a method that is named; HEAD falls to GET; OPTIONS is the function's own", () => {
    const methods = tableOf("/x", "GET /x", "POST,PUT /y", "GET /z", "HEAD /z");
    const target = (method: string, path: string) => methods.match(method, HOST, path)?.target;
    assert.equal(target("GET", "/x"), "GET /x");
    assert.equal(target("HEAD", "/x"), "GET /x");
    assert.equal(target("OPTIONS", "/x"), "/x");
    assert.equal(target("HEAD", "/z"), "HEAD /z");
    assert.equal(target("PUT", "/y"), "POST,PUT /y");
    assert.equal(target("GET", "/y"), undefined);
    assert.equal(target("OPTIONS", "/y"), undefined);
  });

  it("tells the methods of a path that has none for the request, of all routes that fit it", () => {
    const methods = tableOf("POST /x", "GET /:any", "DELETE a.test/*", "PUT /x/y");
    assert.deepEqual(methods.methodsAt("a.test", "/x"), ["DELETE", "GET", "HEAD", "POST"]);
    assert.deepEqual(methods.methodsAt("b.test", "/z"), ["GET", "HEAD"]);
    assert.deepEqual(methods.methodsAt("b.test", "/z/z"), []);
  });

  it("lets a higher priority win over everything that is more specific", () => {
    const wide = { host: null, methods: [], path: "/*", priority: 10 };
    const low = { host: HOST, methods: ["GET"], path: "/a", priority: -1 };
    const priorities = tableOf("/a", wide, low);
    assert.equal(priorities.match("GET", HOST, "/a")?.target, "/* (priority 10)");
    assert.equal(tableOf("/:x", low).match("GET", HOST, "/a")?.target, "/:x");
  });

  it("refuses two routes for the same requests, naming both", () => {
    for (const [one, two] of [
      ["/u/:id", "/u/:name"],
      ["/a/*", "/a/*"],
      ["/%61", "/a"],
      ["GET,POST /x", "POST,PUT /x"],
      ["a.test/x", "a.test/x"],
    ] as const) {
      assert.throws(
        () => new RouteTable([entryOf(one, "first"), entryOf(two, "second")]),
        (error: RouteError) => {
          assert.equal(error.code, "ERR_ROUTE_CONFLICT");
          assert.match(error.message, /of (first|second) takes the same requests as .* of (first|second)/);
          return true;
        },
        `${one} ${two}`,
      );
    }
    for (const [one, two] of [
      ["/u/:id", "/u/*"],
      ["GET /x", "POST /x"],
      ["GET /x", "HEAD /x"],
      ["GET /x", "/x"],
      ["a.test/x", "*.test/x"],
      ["/x", { host: null, methods: [], path: "/x", priority: 1 }],
    ] as const) {
      assert.deepEqual(conflictsOf([entryOf(one), entryOf(two)]), [], `${one} ${two}`);
    }
  });

  it("finds every one of ten thousand routes in as many steps as it has segments, and one", () => {
    const paths = Array.from({ length: 10_000 }, (_, index) => `/app${index % 100}/:tenant/part${index}/x`);
    const big = tableOf(...paths);
    for (const path of paths) {
      assert.equal(big.match("GET", HOST, path.replace(":tenant", "acme"))?.target, path);
      assert.equal(big.steps, 5);
    }
    assert.equal(big.match("GET", HOST, "/app1/acme/part2/x"), undefined);
    assert.ok(big.steps <= 5);
  });
});

/** Few names, so that routes meet often. */
const segment = fc.constantFrom("a", "b", ":p", ":q");
const parts = {
  host: fc.constantFrom(null, null, "x.test", "y.x.test", "*.test", "*.x.test"),
  methods: fc.constantFrom<string[]>([], [], ["GET"], ["POST"], ["GET", "POST"], ["HEAD"]),
  path: fc
    .tuple(fc.uniqueArray(segment, { maxLength: 4 }), fc.boolean())
    .map(([segments, wildcard]) => `/${[...segments, ...(wildcard ? ["*"] : [])].join("/")}`),
  priority: fc.constantFrom(0, 0, 0, 1, -1),
};
const route: fc.Arbitrary<Route> = fc.record(parts, { noNullPrototype: true });
const request = fc.tuple(
  fc.constantFrom("GET", "POST", "HEAD", "PUT"),
  fc.constantFrom("x.test", "y.x.test", "z.test", "test", "other"),
  fc.array(fc.constantFrom("a", "b", "c", "%61", "..", ".", "", "%2f", "%zz"), { maxLength: 5 }),
);

describe("route table beside the rules written down one by one", () => {
  it("chooses the same route and tells the same methods", () => {
    fc.assert(
      fc.property(fc.array(route, { maxLength: 25 }), fc.array(request, { maxLength: 20 }), (routes, requests) => {
        const entries = routes.map((value) => entryOf(value));
        const taken = new Set(conflictsOf(entries).map(({ claim }) => claim));
        const free = entries.filter((entry) => !taken.has(entry));
        const table = new RouteTable(free);
        const naive = new NaiveRouter(free);
        for (const [method, host, parts] of requests) {
          const path = `/${parts.join("/")}`;
          const found = table.match(method, host, path);
          assert.equal(found?.target, naive.match(method, host, path)?.target, `${method} ${host} ${path}`);
          if (found === undefined) assert.deepEqual(table.methodsAt(host, path), naive.methodsAt(host, path));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("refuses exactly what would leave the choice open", () => {
    fc.assert(
      fc.property(route, route, (one, two) => {
        const conflict = conflictsOf([entryOf(one), entryOf(two)]).length > 0;
        const overlap =
          (one.methods.length === 0 && two.methods.length === 0) ||
          one.methods.some((method) => two.methods.includes(method));
        const shape = (path: string) => path.replaceAll(/:\w/g, ":");
        const same = one.host === two.host && one.priority === two.priority && shape(one.path) === shape(two.path);
        assert.equal(conflict, same && overlap);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("hostile input", () => {
  it("never makes a path that holds a way up", () => {
    const part = fc.constantFrom("a", "..", ".", "%2e%2e", "%2E.", "", "%2f", "b%00", "%252e%252e", "%", "%c0%ae");
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const path = canonicalPath(`/${parts.join("/")}`);
        const segments = path.split("/").slice(1);
        assert.ok(path === "/" || segments.every((name) => name !== "" && name !== "." && name !== ".."), path);
        // What is canonical stays as it is, but for percent signs, which are written anew.
        assert.equal(canonicalPath(path).split("/").length, path.split("/").length);
      }),
    );
  });

  it("takes no more steps for a path of a megabyte or of a hundred thousand segments", () => {
    const table = tableOf("/a/*", "/:x/:y/z", "/a/a/a/a/b");
    const paths = [
      `/${"a".repeat(1_000_000)}`,
      "/a".repeat(100_000),
      "/..".repeat(100_000),
      "/%2e%2e/a".repeat(100_000),
      `/${"%".repeat(1_000_000)}`,
      `/a${"/".repeat(1_000_000)}`,
    ];
    for (const path of paths) {
      table.match("GET", HOST, path);
      assert.ok(table.steps <= 12, `${table.steps} steps`);
    }
  });

  it("refuses a table that a request could make expensive, naming one of its routes", () => {
    const places = (bits: number, depth: number) =>
      Array.from(
        { length: 2 ** depth },
        (_, mask) => `/${Array.from({ length: bits }, (_, bit) => (mask & (1 << bit) ? `:p${bit}` : "a")).join("/")}`,
      );
    const allowed = tableOf(...places(8, 8));
    allowed.match("GET", HOST, "/a".repeat(9));
    assert.ok(allowed.steps > 255 && allowed.steps <= STEPS_MAX, `${allowed.steps} steps`);
    assert.throws(
      () => tableOf(...places(10, 10)),
      (error: RouteError) => {
        assert.equal(error.code, "ERR_ROUTE_COST");
        assert.match(
          error.message,
          /2047 steps to match, the most is 1000: .* as \/:p0\/.* of one; end such routes in \/\*/,
        );
        return true;
      },
    );
  });
});
