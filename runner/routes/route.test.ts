import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRoute, type Route, routeFault, showRoute } from "./route.ts";

const routeOf = (path: string, rest: Partial<Route> = {}): Route => ({
  host: null,
  methods: [],
  path,
  priority: 0,
  ...rest,
});

test("reads paths, hosts and methods from text", () => {
  assert.deepEqual(parseRoute("/x"), routeOf("/x"));
  assert.deepEqual(parseRoute("GET /x"), routeOf("/x", { methods: ["GET"] }));
  assert.deepEqual(parseRoute("api.example.com/v1/*"), routeOf("/v1/*", { host: "api.example.com" }));
  assert.deepEqual(
    parseRoute("POST,GET *.example.com/"),
    routeOf("/", { host: "*.example.com", methods: ["GET", "POST"] }),
  );
  for (const text of ["", "hello", "GET", "GET x", "/a b", "GET POST /x", " /x"]) {
    assert.equal(parseRoute(text), null, text);
  }
});

test("a route is read as it is shown", () => {
  const part = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
  const parts = {
    host: fc.option(fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."))),
    methods: fc.uniqueArray(fc.constantFrom("GET", "POST", "DELETE")).map((methods) => methods.sort()),
    path: fc.array(part).map((parts) => `/${parts.join("/")}`),
    priority: fc.constant(0),
  };
  const route = fc.record(parts, { noNullPrototype: true });
  fc.assert(fc.property(route, (value) => assert.deepEqual(parseRoute(showRoute(value)), value)));
});

test("accepts plain paths, parameters and a wildcard at the end", () => {
  for (const path of ["/", "/hello", "/users/:id", "/users/:id/posts/:post_id", "/api/*", "/*", "/a-b_c.d~e/%20"]) {
    assert.equal(routeFault(routeOf(path)), null, path);
  }
});

test("says what is wrong with a path", () => {
  const faults: Record<string, RegExp> = {
    "": /start with/,
    hello: /start with/,
    "//": /empty segment/,
    "/a//b": /empty segment/,
    "/a/": /ends with/,
    "/a/*/b": /before its end/,
    "/a*": /inside a segment/,
    "/:": /not a parameter name/,
    "/:1a": /not a parameter name/,
    "/:a/:a": /twice/,
    "/a/../b": /the segment \.\./,
    "/a/%2e%2E/b": /the segment %2e%2E/,
    "/a?b": /the segment "a\?b"/,
    "/a b": /the segment/,
    "/a\n": /the segment/,
    [`/${"a".repeat(600)}`]: /longer than 512/,
  };
  for (const [path, fault] of Object.entries(faults)) assert.match(routeFault(routeOf(path)) ?? "", fault, path);
});

test("says what is wrong with a host or a method", () => {
  for (const host of ["a.test:80", "A.test", "*", "*.", "a.*.test", "-a.test", "a..test", "a.test.", "[::1]", ""]) {
    assert.match(routeFault(routeOf("/", { host })) ?? "", /host/, host);
  }
  assert.match(routeFault(routeOf("/", { host: `${"a".repeat(254)}` })) ?? "", /longer than 253/);
  for (const host of ["a.test", "*.a.test", "localhost", "127.0.0.1", "xn--bcher-kva.example"]) {
    assert.equal(routeFault(routeOf("/", { host })), null, host);
  }
  for (const method of ["get", "CONNECT", "TRACE", "FETCH", ""]) {
    assert.match(routeFault(routeOf("/", { methods: [method] })) ?? "", /method/, method);
  }
  assert.match(routeFault(routeOf("/", { methods: ["GET", "GET"] })) ?? "", /twice/);
});
