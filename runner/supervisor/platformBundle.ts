import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, version } from "esbuild";

const PLATFORM_DIR = join(import.meta.dirname, "../platform");
const SHARED_FILE = join(import.meta.dirname, "../worker/isolatePort.ts");

/** The platform as one script. Bundled when its sources have changed since the last time, else read from `cacheDir`. */
export async function platformBundle(cacheDir: string): Promise<string> {
  const cached = join(cacheDir, `platform-${sourcesHash()}.js`);
  try {
    return readFileSync(cached, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
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
  const hash = createHash("sha256").update(version);
  for (const name of readdirSync(PLATFORM_DIR)
    .filter((file) => !file.endsWith(".test.ts"))
    .sort()) {
    hash.update(name).update(readFileSync(join(PLATFORM_DIR, name)));
  }
  return hash.update(readFileSync(SHARED_FILE)).digest("hex").slice(0, 16);
}
