import { readdirSync } from "node:fs";
import { join } from "node:path";
import { FUNCTION_NAME } from "@edge-fleet/runner/release/functionManifest";

/** Folder of the functions, relative to the project. */
export const FUNCTIONS_DIR = "functions";

/** A function's source file, relative to the project. */
export function functionFile(name: string): string {
  return `${FUNCTIONS_DIR}/${name}.ts`;
}

/**
 * Names of the project's functions, sorted: one for each `functions/<name>.ts` that is neither a test nor a
 * declaration. What functions share lives in folders below. No folder, no functions.
 *
 * @throws Error naming every file whose name cannot be a function's.
 */
export function discoverFunctions(projectDir: string): string[] {
  const names = filesIn(join(projectDir, FUNCTIONS_DIR))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".d.ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
  const wrong = names.filter((name) => !FUNCTION_NAME.regex.test(name));
  if (wrong.length > 0) {
    const lines = wrong.map(
      (name) => `  ${functionFile(name)}: a function's name is ${FUNCTION_NAME.gloss}; rename it`,
    );
    throw new Error(`files in ${FUNCTIONS_DIR}/ that cannot be functions:\n${lines.join("\n")}`);
  }
  return names;
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => entry.name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
