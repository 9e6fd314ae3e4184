import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Folder of an installed package, links resolved. @throws Error when it is not installed. */
export function packageDir(name: string): string {
  for (let dir = import.meta.dirname; ; dir = dirname(dir)) {
    const found = join(dir, "node_modules", name);
    if (existsSync(found)) return realpathSync(found);
    if (dir === dirname(dir)) throw new Error(`the package ${name} is not installed: run npm install`);
  }
}
