import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_LIMITS } from "./limits.ts";
import { releasedOf } from "./release/fixtures.ts";
import { functionVersion, sha256Hex } from "./release/manifest.ts";
import {
  type FunctionManifest,
  type ModuleRef,
  type ModuleType,
  RELEASE_SCHEMA,
  type ReleasedFunction,
} from "./release/types.ts";
import { parseRoute, type Route } from "./routes/route.ts";
import type { TestFunction } from "./runnerFixture.ts";

/** Writes a release of these functions into a node's folder of releases the way the agent does. */
export function writeTestRelease(
  releasesDir: string,
  release: number,
  functions: Readonly<Record<string, TestFunction>>,
): void {
  const dir = join(releasesDir, `${release}`);
  mkdirSync(join(dir, "modules"), { recursive: true });
  const writeModule = (name: string, type: ModuleType, content: string | Uint8Array): ModuleRef => {
    const bytes = Buffer.from(content);
    const sha256 = sha256Hex(bytes);
    writeFileSync(join(dir, "modules", sha256), bytes);
    return { name, type, sha256, bytes: bytes.length };
  };
  const manifestOf = (name: string, { versions: _, ...known }: TestFunction): FunctionManifest => {
    const { code, map, imports = {}, assets = {}, routes, limits, env = {}, ...rest } = known;
    const manifest: Omit<FunctionManifest, "version"> = {
      name,
      entry: "index.mjs",
      modules: [
        writeModule("index.mjs", "esm", code),
        ...(map === undefined ? [] : [writeModule("index.mjs.map", "map", map)]),
        ...Object.entries(imports).map(([file, { type, bytes }]) => writeModule(file, type, bytes)),
      ],
      assets: Object.entries(assets).map(([path, content]) => {
        const { name, sha256, bytes } = writeModule(path, "data", content);
        return { name, sha256, bytes };
      }),
      routes: routes.map(asRoute),
      limits: { ...DEFAULT_LIMITS, ...limits },
      env,
      secrets: {},
      bindings: {},
      egress: { allow: null },
      isolation: "shared",
      schedules: [],
      passThrough: null,
      ...rest,
      regions: [],
    };
    return { ...manifest, version: functionVersion(manifest) };
  };
  const released = releasedOf(Object.entries(functions).map(([name, known]) => manifestOf(name, known)));
  const withVersions = released.map((entry): ReleasedFunction => {
    const known = functions[entry.name] as TestFunction;
    const { number = 1, candidate, previews = {} } = known.versions ?? {};
    const other = (code: string) => manifestOf(entry.name, { ...known, code });
    return {
      ...entry,
      number,
      split:
        candidate === undefined ? null : { number: number + 1, manifest: other(candidate), percent: 10, guard: null },
      previews: Object.entries(previews)
        .map(([of, code]) => ({ number: Number(of), manifest: other(code) }))
        .toSorted((a, b) => b.number - a.number),
    };
  });
  const table = {
    schema: RELEASE_SCHEMA,
    release,
    createdAt: new Date().toISOString(),
    createdBy: "test",
    reason: "test",
    commit: null,
    functions: withVersions,
  };
  writeFileSync(join(dir, "release.json"), JSON.stringify(table));
}

function asRoute(route: string | Route): Route {
  const parsed = typeof route === "string" ? parseRoute(route) : route;
  if (parsed === null) throw new Error(`${route} is not a route`);
  return parsed;
}
