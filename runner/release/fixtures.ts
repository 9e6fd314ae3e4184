/** What tests of releases share. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { functionVersion, sha256Hex } from "./manifest.ts";
import type { ReleaseContent } from "./publish.ts";
import { firstVersion } from "./releasedFunction.ts";
import type { Deployed, FunctionManifest, ReleasedFunction } from "./types.ts";

/** A folder that is gone after the test. */
export async function scratchFolder(t: Pick<TestContext, "after">): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "edge-release-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A function of one module. */
export function functionOf(name: string, source: string): { manifest: FunctionManifest; bytes: Buffer } {
  const bytes = Buffer.from(source);
  const content = {
    name,
    entry: "index.mjs",
    modules: [{ name: "index.mjs", type: "esm" as const, sha256: sha256Hex(bytes), bytes: bytes.length }],
    assets: [],
    routes: [{ host: null, methods: [], path: `/${name}/*`, priority: 0 }],
    limits: DEFAULT_LIMITS,
    env: {},
    secrets: {},
    bindings: {},
    egress: { allow: null },
    isolation: "shared" as const,
    schedules: [],
    passThrough: null,
    regions: [],
  };
  return { manifest: { ...content, version: functionVersion(content) }, bytes };
}

/** A table's functions, each in its first version, sorted. */
export function releasedOf(manifests: readonly FunctionManifest[]): ReleasedFunction[] {
  const deployed = { by: "a test", at: "2026-01-02T03:04:05Z", reason: "test", commit: null };
  return manifests
    .map((manifest) => firstVersion(manifest, { owner: "program", deployed }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Who deploys in tests. */
export function deployedBy(by = "a test", reason = "test"): Deployed {
  return { by, at: new Date().toISOString(), reason, commit: null };
}

/** A whole table with one function per source. */
export function contentOf(sources: Readonly<Record<string, string>>, createdBy = "a test"): ReleaseContent {
  const functions = Object.entries(sources).map(([name, source]) => functionOf(name, source));
  const modules = new Map(functions.map(({ manifest, bytes }) => [manifest.modules[0]?.sha256, bytes]));
  return {
    functions: functions.map(({ manifest }) => manifest),
    modules: (sha256) => modules.get(sha256) ?? Buffer.alloc(0),
    createdBy,
    reason: "test",
  };
}
