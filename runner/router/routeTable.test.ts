import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pathSegments } from "./path.ts";
import { RouteError, RouteTable } from "./routeTable.ts";

function tableOf(...patterns: string[]): RouteTable<string> {
  return new RouteTable(patterns.map((pattern) => ({ pattern, target: pattern, owner: pattern })));
}

describe("route table", () => {
  const table = tableOf("/", "/users/me", "/users/:id", "/users/*", "/api/*", "/api/v1/*", "/files/:name/raw");
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
    ["//users//me/", "/users/me"],
    ["/api/../users/me", "/users/me"],
    ["/api/%2e%2e/users/me", "/users/me"],
    ["/users/%6de", "/users/me"],
    ["/users/a%2Fb", "/users/:id"],
    ["/users/%zz", "/users/:id"],
    ["/USERS/me", undefined],
  ];
  for (const [path, expected] of cases) {
    it(`sends ${path} to ${expected ?? "nothing"}`, () => assert.equal(table.match(path)?.pattern, expected));
  }

  it("goes back to a wildcard when a literal or a parameter leads nowhere", () => {
    const deep = tableOf("/a/b/c", "/a/:x/d", "/a/*");
    assert.equal(deep.match("/a/b/d")?.pattern, "/a/:x/d");
    assert.equal(deep.match("/a/b/e")?.pattern, "/a/*");
  });

  it("refuses two functions on the same paths, also under other parameter names", () => {
    for (const [one, two] of [
      ["/u/:id", "/u/:name"],
      ["/a/*", "/a/*"],
      ["/x", "/x/"],
    ] as const) {
      const routes = [
        { pattern: one, target: 1, owner: "first" },
        { pattern: two, target: 2, owner: "second" },
      ];
      assert.throws(
        () => new RouteTable(routes),
        (error: RouteError) => {
          assert.equal(error.code, "ERR_ROUTE_CONFLICT");
          assert.match(error.message, /of second .* of first/);
          return true;
        },
      );
    }
  });

  it("refuses malformed patterns and says what is wrong", () => {
    for (const pattern of ["api", "/a/*/b", "/a*", "/:1x", "/:id/:id"]) {
      assert.throws(() => tableOf(pattern), RouteError, pattern);
    }
  });

  it("finds every exact route among ten thousand", () => {
    const patterns = Array.from({ length: 10_000 }, (_, index) => `/app${index % 100}/part${index}/x`);
    const big = tableOf(...patterns);
    for (const pattern of patterns) assert.equal(big.match(pattern)?.pattern, pattern);
  });
});

describe("path segments", () => {
  it("never hold a way up, whatever comes in", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "..", ".", "%2e%2e", "%2E.", "", "%2f", "b%00")), (parts) => {
        const segments = pathSegments(`/${parts.join("/")}`);
        assert.ok(segments.every((segment) => segment !== "" && segment !== "." && segment !== ".."));
      }),
    );
  });
});
