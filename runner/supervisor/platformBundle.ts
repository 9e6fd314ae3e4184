import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageDir } from "./packageDir.ts";

const PLATFORM_DIR = join(import.meta.dirname, "../platform");
/** Packages that the bundle is made of or with. */
const PACKAGES = ["core-js", "esbuild", "web-streams-polyfill"];
const SHARED_FILE = join(import.meta.dirname, "../worker/isolatePort.ts");

/** The platform as one script. Bundled when its sources have changed since the last time, else read from `cacheDir`. */
export async function platformBundle(cacheDir: string): Promise<string> {
  const cached = join(cacheDir, `platform-${sourcesHash()}.js`);
  try {
    return readFileSync(cached, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  // Loaded only when there is something to bundle: it is as large as the rest of the process.
  const { build } = await import("esbuild");
  const result = await build({
    entryPoints: [join(PLATFORM_DIR, "main.ts")],
    bundle: true,
    write: false,
    format: "iife",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2024",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
  });
  const text = result.outputFiles[0]?.text ?? "";
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  const temporary = `${cached}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, cached);
  return text;
}

function sourcesHash(): string {
  const hash = createHash("sha256");
  for (const name of PACKAGES) hash.update(readFileSync(join(packageDir(name), "package.json")));
  for (const name of readdirSync(PLATFORM_DIR)
    .filter((file) => !file.endsWith(".test.ts"))
    .sort()) {
    hash.update(name).update(readFileSync(join(PLATFORM_DIR, name)));
  }
  return hash.update(readFileSync(SHARED_FILE)).digest("hex").slice(0, 16);
}
