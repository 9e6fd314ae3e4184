import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LocalReleases } from "../agent/localReleases.ts";
import type { Route } from "../routes/route.ts";
import { RouteTable } from "../routes/routeTable.ts";
import { canonicalJson } from "./canonicalJson.ts";
import { functionOf, publishRelease, type ReleaseContent, releasedOf, scratchFolder } from "./fixtures.ts";
import { FolderStore } from "./folderStore.ts";
import {
  FUNCTIONS_MAX,
  functionVersion,
  parseJson,
  RELEASE_BYTES_MAX,
  validateRelease,
  validateReleaseInTurns,
} from "./manifest.ts";
import { stableManifests } from "./releasedFunction.ts";
import { type FunctionManifest, RELEASE_SCHEMA, type ReleasedFunction } from "./types.ts";

const ROUTES_EACH = 5;

/** As many functions as a release takes, with 10,000 routes of every kind and 1 KB of variables each. */
function largest(): ReleaseContent {
  const modules = new Map<string, Uint8Array>();
  const functions = Array.from({ length: FUNCTIONS_MAX }, (_, index): FunctionManifest => {
    const { manifest, bytes } = functionOf(`f${index}`, `export default { fetch: () => new Response("f${index}") };`);
    modules.set(String(manifest.modules[0]?.sha256), bytes);
    const content = { ...manifest, routes: routesOf(index), env: { SOME: "x".repeat(1_024) } };
    return { ...content, version: functionVersion(content) };
  });
  return { functions, modules: (sha256) => modules.get(sha256) ?? Buffer.alloc(0), createdBy: "a test", reason: "" };
}

function routesOf(index: number): Route[] {
  const route = (path: string, rest: Partial<Route> = {}): Route => ({
    host: null,
    methods: [],
    path,
    priority: 0,
    ...rest,
  });
  const base = `/team${index % 40}/f${index}`;
  return [
    route(base),
    route(`${base}/items/:id`),
    route(`${base}/files/*`, { methods: ["GET", "PUT"] }),
    route(`/f${index}/*`, { host: "*.example.com" }),
    route(`/f${index}/:a/:b`, { host: "api.example.com", priority: (index % 3) - 1 }),
  ];
}

function byName(functions: readonly FunctionManifest[]): FunctionManifest[] {
  return functions.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

async function timed<T>(t: TestContext, what: string, work: () => T | Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  t.diagnostic(`${what}: ${Math.round(performance.now() - startedMs)} ms`);
  return result;
}

test("a release of 2,000 functions with 10,000 routes is made, published, taken in and matched", async (t) => {
  const content = largest();
  const routes = content.functions.flatMap(({ name, routes }) =>
    routes.map((route) => ({ owner: name, route, target: name })),
  );
  assert.equal(routes.length, FUNCTIONS_MAX * ROUTES_EACH);
  const folder = await scratchFolder(t);
  await mkdir(join(folder, "store"));
  const store = new FolderStore(join(folder, "store"));
  const { current } = await timed(t, "publish, every module new", () => publishRelease(store, content));
  const bytes = await store.readRelease(current.release);
  t.diagnostic(`${bytes.length} bytes`);
  assert.ok(bytes.length < RELEASE_BYTES_MAX / 2, "there is room for more variables and secrets");

  const local = new LocalReleases(join(folder, "local"));
  await local.open();
  const release = await timed(t, "install on a node", () => local.install(current, store, null));
  assert.ok(canonicalJson(stableManifests(release.functions)) === canonicalJson(byName(content.functions)));
  await timed(t, "validate", () => validateRelease(parseJson(bytes, "release")));

  const table = await timed(t, "route table", () => RouteTable.inTurns(routes));
  for (const { owner, route } of routes) {
    const host = route.host?.replace("*", "any.tenant") ?? "edge.test";
    const path = route.path.replaceAll(/:\w+/g, "value").replace("*", "a/b/c");
    const method = route.methods[0] ?? "DELETE";
    assert.equal(table.match(method, host, path)?.target, owner, `${method} ${host}${path}`);
    assert.ok(table.steps <= 2 * path.split("/").length, `${table.steps} steps for ${path}`);
  }
});

test("validating in turns lets other work in between, and refuses what validating at once refuses", async () => {
  const functions = releasedOf(largest().functions);
  const release = {
    schema: RELEASE_SCHEMA,
    release: 1,
    createdAt: "2026-01-02T03:04:05Z",
    createdBy: "",
    reason: "",
    commit: null,
    functions,
  };
  let turns = 0;
  let over = false;
  const others = () => {
    turns++;
    if (!over) setImmediate(others);
  };
  others();
  const validated = await validateReleaseInTurns(release).finally(() => {
    over = true;
  });
  // Not compared by assert.equal: it would print both.
  assert.ok(validated === release);
  assert.ok(turns >= 4, `${turns} turns`);
  const last = functions.at(-1) as ReleasedFunction;
  const bad = {
    ...release,
    functions: [...functions.slice(0, -1), { ...last, manifest: { ...last.manifest, isolation: "none" } }],
  };
  await assert.rejects(validateReleaseInTurns(bad), /functions\[1999\]\.manifest\.isolation/);
  const twice = { ...release, functions: [...functions.slice(0, -1), functions[0]] };
  await assert.rejects(validateReleaseInTurns(twice), /each name once/);
});
