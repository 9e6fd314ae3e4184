import { readdir } from "node:fs/promises";
import { SECRET_NAME } from "../../secretReference.ts";

export const SEALED_SUFFIX = ".age";

/** Names of what is sealed, sorted; also for who may not open it. */
export async function sealedNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((error) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files
    .filter((file) => file.endsWith(SEALED_SUFFIX))
    .map((file) => file.slice(0, -SEALED_SUFFIX.length))
    .filter((name) => SECRET_NAME.regex.test(name))
    .toSorted();
}
