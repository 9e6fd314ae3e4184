import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { root, stateDir } from "../../../tools/setup/paths.mjs";

/** Packages that only the benchmark uses, by a lock file of their own; and what runs in them. */
export const PEERS_DIR = join(import.meta.dirname, "..", "peers");
/** Where they are installed: not among the runner's sources, which are looked through at each start. */
const INSTALLED_DIR = join(stateDir, "bench-peers");
export const PACKAGES_DIR = join(INSTALLED_DIR, "node_modules");

const PLATFORM = `${process.platform}-${process.arch}`;
/** Where npm puts each program, by platform; every package has one folder for it. */
const BINARIES: Readonly<Record<string, Readonly<Record<"workerd" | "deno" | "bun", string>>>> = {
  "linux-x64": {
    workerd: "@cloudflare/workerd-linux-64/bin/workerd",
    deno: "@deno/linux-x64-glibc/deno",
    bun: "@oven/bun-linux-x64/bin/bun",
  },
  "linux-arm64": {
    workerd: "@cloudflare/workerd-linux-arm64/bin/workerd",
    deno: "@deno/linux-arm64-glibc/deno",
    bun: "@oven/bun-linux-aarch64/bin/bun",
  },
};
const PROGRAMS = { h2load: "nghttp2-client", taskset: "util-linux" };

export interface Peers {
  /** Paths of the programs. */
  readonly workerd: string;
  readonly deno: string;
  readonly bun: string;
  /** URL of Miniflare's module. */
  readonly miniflare: string;
  /** Of each package of `peers/package.json`. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Installs what is missing: the peers by npm, without their scripts, and the load generator by the project's set-up.
 *
 * @throws Error naming what cannot be had.
 */
export async function peers(say: (line: string) => void): Promise<Peers> {
  const binaries = BINARIES[PLATFORM];
  if (binaries === undefined) throw new Error(`the benchmark runs on Linux (x64, arm64), not on ${PLATFORM}`);
  const run = promisify(execFile);
  if (!isInstalled()) {
    say("installing the peers (some 100 MB to fetch)");
    mkdirSync(INSTALLED_DIR, { recursive: true });
    for (const file of ["package.json", "package-lock.json"])
      copyFileSync(join(PEERS_DIR, file), join(INSTALLED_DIR, file));
    await run("npm", ["ci", "--ignore-scripts"], { cwd: INSTALLED_DIR });
  }
  const missing = [];
  for (const [program, debian] of Object.entries(PROGRAMS)) {
    const found = await run(program, ["--version"]).then(
      () => true,
      () => false,
    );
    if (!found) missing.push(debian);
  }
  if (missing.includes("util-linux")) throw new Error("taskset is missing: install util-linux");
  if (missing.length > 0) {
    say("installing the load generator");
    await run(process.execPath, [join(root, "tools/setup.mjs"), "--with", missing.join(",")]);
  }
  const pathOf = (file: string) => join(PACKAGES_DIR, file);
  return {
    workerd: pathOf(binaries.workerd),
    deno: pathOf(binaries.deno),
    bun: pathOf(binaries.bun),
    miniflare: createRequire(join(INSTALLED_DIR, "package.json")).resolve("miniflare"),
    versions: wanted(),
  };
}

function wanted(): Record<string, string> {
  return JSON.parse(readFileSync(join(PEERS_DIR, "package.json"), "utf8")).dependencies;
}

function isInstalled(): boolean {
  return Object.entries(wanted()).every(([name, version]) => {
    const file = join(PACKAGES_DIR, name, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version;
  });
}
