import type { BuildOptions } from "esbuild";

const COMMON: BuildOptions = { bundle: true, write: false, target: "es2024", legalComments: "none" };
/** Not in bundles: binaries, and what `pg` could be had with. */
export const EXTERNAL = ["isolated-vm", "esbuild", "pg-native"];
/** Plain JavaScript: loading TypeScript costs each process 18 MB and a fifth of a second. */
const PROCESS: BuildOptions = { ...COMMON, format: "esm", platform: "node", external: EXTERNAL };
/** `pg` and AWS's clients are CommonJS, and ask for modules of Node. */
const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
const PLATFORM: BuildOptions = {
  ...COMMON,
  format: "iife",
  platform: "neutral",
  mainFields: ["module", "main"],
  minifySyntax: true,
  minifyWhitespace: true,
};

/** The runner's processes beside the supervisor, and the isolates' platform; paths are below `runner/`. */
export const BUNDLES = {
  router: { ...PROCESS, entryPoints: ["router/main.ts"] },
  broker: { ...PROCESS, entryPoints: ["broker/main.ts"] },
  kv: { ...PROCESS, entryPoints: ["broker/kv/thread.ts"] },
  stores: { ...PROCESS, entryPoints: ["broker/bindings/storesThread.ts"], banner: { js: REQUIRE } },
  sql: { ...PROCESS, entryPoints: ["broker/sql/process.ts"] },
  worker: { ...PROCESS, entryPoints: ["worker/main.ts"] },
  probe: { ...PROCESS, entryPoints: ["supervisor/sandbox/probe.ts"] },
  snapshot: { ...PROCESS, entryPoints: ["snapshot/main.ts"] },
  stackMapper: { ...PROCESS, entryPoints: ["stackMapper/main.ts"] },
  platform: { ...PLATFORM, entryPoints: ["platform/main.ts"] },
} as const satisfies Record<string, BuildOptions>;

/** What an image has besides: the supervisor, the node's agent, and what asks whether a container is well. */
export const IMAGE_BUNDLES = {
  main: { ...PROCESS, entryPoints: ["main.ts"] },
  agent: { ...PROCESS, entryPoints: ["agent/main.ts"], banner: { js: REQUIRE } },
  health: { ...PROCESS, entryPoints: ["image/health.ts"] },
} as const satisfies Record<string, BuildOptions>;

export type BundleName = keyof typeof BUNDLES;
/** Paths of the bundles. */
export type Bundles = Readonly<Record<BundleName, string>>;
