import fs from "node:fs";
import path from "node:path";
import { PACKAGE_DIR } from "../packageDir.ts";
import { digest } from "./services.ts";

/** Digest of a program of ours, by its folder in the package: changes when a running fleet must restart it. */
export function codeDigest(dir: "runner" | "components/origin"): string {
  const files = fs
    .readdirSync(path.join(PACKAGE_DIR, dir), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.includes("node_modules"))
    .map((name) => path.join(dir, name))
    .sort();
  const lockFile = path.join(PACKAGE_DIR, "package-lock.json");
  const dependencies = fs.existsSync(lockFile) ? fileDigest(lockFile) : "";
  return digest(
    dependencies,
    ...files.flatMap((name) => [name, fs.readFileSync(path.join(PACKAGE_DIR, name), "utf8")]),
  );
}

/** First 12 hex digits of the file's SHA-256; the path is relative to the project. */
export function fileDigest(file: string): string {
  return digest(fs.readFileSync(file, "base64"));
}
