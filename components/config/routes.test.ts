import assert from "node:assert/strict";
import { test } from "node:test";
import { routeFault, routeShape } from "./routes.ts";

test("accepts plain paths, parameters and a wildcard at the end", () => {
  for (const route of ["/", "/hello", "/users/:id", "/users/:id/posts/:post_id", "/api/*", "/*", "/a-b_c.d~e/%20"]) {
    assert.equal(routeFault(route), null, route);
  }
});

test("says what is wrong with a pattern", () => {
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
    "/a?b": /the segment "a\?b"/,
    "/a b": /the segment/,
    "/a\n": /the segment/,
    [`/${"a".repeat(600)}`]: /longer than 512/,
  };
  for (const [route, fault] of Object.entries(faults)) assert.match(routeFault(route) ?? "", fault, route);
});

test("patterns that differ in parameter names alone have one shape", () => {
  assert.equal(routeShape("/users/:id/x/:b"), routeShape("/users/:name/x/:c"));
  assert.notEqual(routeShape("/users/:id"), routeShape("/users/id"));
});
