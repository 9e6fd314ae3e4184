import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { claimsOf, conflictsOf } from "../routes/conflicts.ts";
import { canonicalPath } from "../routes/path.ts";
import { parseRoute, type Route } from "../routes/route.ts";
import { RouteTable } from "../routes/routeTable.ts";
import { type DoorFunction, entryOf, NONE } from "./doorFunction.ts";
import { NO_POLICIES, type Policies, policyId } from "./policies.ts";
import { hexOf, type PolicyRoutes, policyRoutes } from "./policyRoutes.ts";

const SOME: Policies = { ...NO_POLICIES, bodyBytes: 10 };

function functionOf(name: string, routes: readonly string[], policies?: Policies): DoorFunction {
  return { name, routes: routes.map((text) => parseRoute(text) as Route), ...(policies && { policies }) };
}

/** What HAProxy's rules do with the table, lookup for lookup. */
function judged(routes: PolicyRoutes, method: string, host: string, path: string): string | null {
  const end = [...routes.hostEnds].find(([suffix]) => host.endsWith(suffix));
  let state: string | undefined = routes.hosts.get(host) ?? end?.[1] ?? routes.hosts.get("*");
  const segments = path.slice(1).split("/");
  for (let level = 0; level < 13 && state !== undefined; level++) {
    state = routes.steps.get(`${state}/${hexOf(segments[level] ?? "")}`) ?? routes.steps.get(`${state}/*`);
  }
  const policy = routes.ends.get(`${state}:${method}`) ?? routes.ends.get(`${state}:*`);
  return policy === undefined || policy === NONE ? null : policy;
}

test("no policies, no table", () => {
  assert.equal(policyRoutes([functionOf("a", ["/a", "/*"])]), null);
});

test("the most specific route's policies count, those of none included", () => {
  const routes = policyRoutes([
    functionOf("all", ["/*"], SOME),
    functionOf("open", ["/open/*", "GET /read"]),
    functionOf("below", ["*.a.test/open/x"], SOME),
  ]);
  assert.ok(routes);
  const all = policyId("all", SOME);
  assert.equal(judged(routes, "GET", "b.test", "/anything/at/all"), all);
  assert.equal(judged(routes, "GET", "b.test", "/"), all);
  assert.equal(judged(routes, "GET", "b.test", "/open/x"), null);
  assert.equal(judged(routes, "GET", "b.test", "/open"), null);
  assert.equal(judged(routes, "HEAD", "b.test", "/read"), null);
  assert.equal(judged(routes, "POST", "b.test", "/read"), all);
  assert.equal(judged(routes, "GET", "x.a.test", "/open/x"), policyId("below", SOME));
  assert.equal(judged(routes, "GET", "a.test", "/open/x"), null);
});

const segment = fc.constantFrom("a", "b", "ä");
const routePath = fc
  .tuple(fc.array(fc.oneof(segment, segment, fc.constant(":p")), { maxLength: 4 }), fc.constantFrom("", "", "/*"))
  .map(([segments, end]) => {
    const named = segments.map((text, index) => (text === ":p" ? `:p${index}` : text));
    return `/${named.join("/")}${named.length === 0 && end !== "" ? "*" : end}`;
  });
const anyRoute = fc.record({
  host: fc.constantFrom(null, null, "x.test", "y.x.test", "*.x.test", "*.test"),
  methods: fc.constantFrom<string[]>([], [], ["GET"], ["GET", "POST"], ["HEAD"]),
  path: routePath.map((path) => path.replaceAll("ä", "%C3%A4")),
  priority: fc.constantFrom(0, 0, 0, 5),
});
const anyFunctions = fc
  .array(
    fc.record({
      routes: fc.array(anyRoute, { minLength: 1, maxLength: 3 }),
      isPoliced: fc.boolean(),
      isSplit: fc.boolean(),
    }),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((all) => {
    const kept: DoorFunction[] = [];
    for (const [index, { routes, isPoliced, isSplit }] of all.entries()) {
      const split = isSplit && { split: { version: "v2", percent: 10 } };
      const added = { name: `f${index}`, routes, ...(isPoliced && { policies: SOME }), ...split };
      if (conflictsOf([...kept, added].flatMap(claimsOf)).length === 0) kept.push(added);
    }
    return kept;
  });
const anyRequest = fc.record({
  method: fc.constantFrom("GET", "HEAD", "POST", "OPTIONS"),
  host: fc.constantFrom("x.test", "y.x.test", "z.y.x.test", "other.test", "nowhere"),
  path: fc.array(fc.constantFrom("a", "b", "ä", "c"), { maxLength: 5 }).map((segments) => `/${segments.join("/")}`),
});

test("a request has the policies and versions of the function that the router sends it to, whatever the routes", () => {
  let policed = 0;
  fc.assert(
    fc.property(anyFunctions, fc.array(anyRequest, { minLength: 20, maxLength: 20 }), (functions, requests) => {
      const routes = policyRoutes(functions);
      const table = new RouteTable(functions.flatMap((known) => claimsOf(known).map((c) => ({ ...c, target: known }))));
      for (const { method, host, path } of requests) {
        const found = table.match(method, host, path)?.target;
        const entry = found === undefined ? NONE : entryOf(found);
        const wanted = entry === NONE ? null : entry;
        assert.equal(routes === null ? null : judged(routes, method, host, canonicalPath(path)), wanted);
        if (wanted !== null) policed++;
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(policed > 500, `${policed} requests had policies`);
});

test("a route that HAProxy could not follow is refused with its name", () => {
  assert.throws(
    () => policyRoutes([functionOf("deep", ["/a/b/c/d/e/f/g/h/i/j/k/l/m"], SOME)]),
    /more than 12 segments/,
  );
  assert.ok(policyRoutes([functionOf("deep", ["/a/b/c/d/e/f/g/h/i/j/k/l/*", "/b/b/c/d/e/f/g/h/i/j/k/l"], SOME)]));
  assert.ok(policyRoutes([functionOf("deep", ["/a/b/c/d/e/f/g/h/i/j/k/l/m"]), functionOf("x", ["/x"], SOME)]));
  assert.throws(() => policyRoutes([functionOf("odd", ["/a%2Fb"]), functionOf("x", ["/x"], SOME)]), /encoded slash/);
  const doubling = Array.from({ length: 11 }, (_, at) => {
    const before = Array.from({ length: at }, (_, index) => `:p${index}`);
    return `/${[...before, "x", ...Array.from({ length: 11 - at }, (_, index) => `:q${index}`)].join("/")}`;
  });
  const everywhere = Array.from({ length: 30 }, (_, host) => doubling.map((path) => `h${host}.test${path}`)).flat();
  assert.throws(() => policyRoutes([functionOf("many", everywhere, SOME)]), /more than 50000 steps/);
});
