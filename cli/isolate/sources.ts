import { watch } from "node:fs";

const IGNORED = ["node_modules", ".git", ".edge"];
/** Editors write a file in several steps. */
const SETTLES_WITHIN_MS = 15;

/**
 * Calls `changed` with the project's files that were saved, once they have settled, and not again before it has returned. Ends with
 * the signal.
 */
export function watchSources(
  projectDir: string,
  { signal, changed }: { readonly signal: AbortSignal; readonly changed: (files: readonly string[]) => Promise<void> },
): void {
  let waiting = new Set<string>();
  let busy = false;
  const run = async () => {
    if (busy) return;
    busy = true;
    while (waiting.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, SETTLES_WITHIN_MS));
      const files = [...waiting];
      waiting = new Set();
      await changed(files);
    }
    busy = false;
  };
  const ignore = (file: string) => file.split("/").some((part) => IGNORED.includes(part));
  watch(projectDir, { recursive: true, signal, ignore }, (_, file) => {
    if (file === null) return;
    waiting.add(file);
    void run();
  });
}
