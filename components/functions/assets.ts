import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FunctionLimits, LIMITS } from "@edge-fleet/runner/limits";
import { ASSETS_PER_FUNCTION_MAX, MODULE_BYTES_MAX } from "@edge-fleet/runner/release/functionManifest";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import type { ContentRef } from "@edge-fleet/runner/release/types";
import { FUNCTIONS_DIR } from "./discover.ts";
import { BundleError, type BundleProblem } from "./problems.ts";

/** Of names with a dot before them only this is for clients. */
const WELL_KNOWN = ".well-known";

export interface Assets {
  /** Sorted by name, which is the path in a URL. */
  readonly refs: readonly ContentRef[];
  /** The file of each content, absolute. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * The files below `functions/<name>.assets/`; none without that folder.
 *
 * @throws BundleError where there are too many, or too large ones.
 */
export function assetsOf(projectDir: string, name: string, limits: Pick<FunctionLimits, "assetBytes">): Assets {
  const at = `${FUNCTIONS_DIR}/${name}.assets`;
  const folder = join(projectDir, at);
  const refs: ContentRef[] = [];
  const files = new Map<string, string>();
  const problems: BundleProblem[] = [];
  const paths = filesBelow(folder, "");
  if (paths.length > ASSETS_PER_FUNCTION_MAX) {
    const problem = `has ${paths.length} files, the most is ${ASSETS_PER_FUNCTION_MAX}`;
    throw new BundleError([{ at, problem, remedy: "Serve the others from a store or an origin." }]);
  }
  for (const path of paths.sort()) {
    const file = join(folder, path);
    const { size } = statSync(file);
    if (size > MODULE_BYTES_MAX) {
      const problem = `has ${size} bytes, the most is ${MODULE_BYTES_MAX}`;
      problems.push({ at: `${at}/${path}`, problem, remedy: "Serve it from a store or an origin." });
      continue;
    }
    const bytes = readFileSync(file);
    const sha256 = sha256Hex(bytes);
    refs.push({ name: `/${path}`, sha256, bytes: bytes.length });
    files.set(sha256, file);
  }
  const total = refs.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > limits.assetBytes) {
    const problem = `has ${total} bytes together, the function's limit assetBytes is ${limits.assetBytes}`;
    const { ceiling } = LIMITS.assetBytes;
    const remedy =
      limits.assetBytes < ceiling
        ? `Raise edge-fleet:functions.${name}.limits.assetBytes (at most ${ceiling}), or remove some.`
        : "Remove some.";
    problems.push({ at, problem, remedy });
  }
  if (problems.length > 0) throw new BundleError(problems);
  return { refs, files };
}

function filesBelow(folder: string, prefix: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    if (entry.name.startsWith(".") && entry.name !== WELL_KNOWN) return [];
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return filesBelow(join(folder, entry.name), `${path}/`);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
