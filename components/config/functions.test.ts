import assert from "node:assert/strict";
import { test } from "node:test";
import { faults } from "./legalConfig.ts";

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
