/** What tests of releases share. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { DEFAULT_LIMITS } from "../limits.ts";
import { type Changed, changeRelease } from "./changeRelease.ts";
import { declare } from "./declaration.ts";
import { functionVersion, sha256Hex } from "./manifest.ts";
import { firstVersion } from "./releasedFunction.ts";
import type { ReleaseSigner } from "./signature.ts";
import type { ReleaseStore } from "./store.ts";
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

export interface ReleaseContent {
  /** All that the program declares: a function of its that is not among them is no longer served. */
  readonly functions: readonly FunctionManifest[];
  /** Bytes of a module by its SHA-256. */
  readonly modules: (sha256: string) => Uint8Array | Promise<Uint8Array>;
  /** Who deploys, for people. */
  readonly createdBy: string;
  readonly reason: string;
}

/** Writes what a program declares, whatever it declared before, signed where there is a key. @throws ReleaseError; then the fleet keeps what it has. */
export function publishRelease(
  store: ReleaseStore,
  content: ReleaseContent,
  signer: ReleaseSigner | null = null,
): Promise<Changed> {
  const { functions, modules, createdBy: by, reason } = content;
  const deployed = { by, at: new Date().toISOString(), reason, commit: null };
  const declaration = { manifests: functions, last: {}, drift: "reassert" } as const;
  return changeRelease(store, declare(declaration, deployed), { deployed, modules, signer });
}
