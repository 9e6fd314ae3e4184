/**
 * Writes the whole root of the image: `node runner/image/build.ts <folder>`, in the image's build stage.
 * Node with its libraries, our bundled JavaScript, isolated-vm's binary for this platform, and nothing else: no shell, no npm.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { BUNDLES, IMAGE_BUNDLES } from "../supervisor/bundleTable.ts";
import { packageDir } from "../supervisor/packageDir.ts";
import { FOLDERS, GROUP_ID, USER_IDS } from "./layout.ts";

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: node runner/image/build.ts <folder>");
const app = join(root, "app");
mkdirSync(app, { recursive: true });

for (const [name, options] of Object.entries({ ...BUNDLES, ...IMAGE_BUNDLES })) {
  const result = await build({ ...options, absWorkingDir: join(import.meta.dirname, "..") });
  writeFileSync(join(app, `${name}.mjs`), result.outputFiles?.[0]?.text ?? "");
}
copyPackage("isolated-vm", ["package.json", "isolated-vm.js", `prebuilds/${process.platform}-${process.arch}`]);
copyPackage("node-gyp-build", ["package.json", "index.js", "node-gyp-build.js"]);

const node = join(root, "usr/local/bin/node");
mkdirSync(dirname(node), { recursive: true });
copyFileSync(process.execPath, node);
// Nobody may read it, so the kernel lets no process of it be read by another of the same user.
chmodSync(node, 0o711);
for (const [, path] of execFileSync("ldd", [process.execPath], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)) {
  mkdirSync(join(root, dirname(path as string)), { recursive: true });
  copyFileSync(path as string, join(root, path as string));
}

mkdirSync(join(root, "etc"));
const users = Object.entries(USER_IDS).map(([name, id]) => `${name}:x:${id}:${GROUP_ID}::/:/nonexistent\n`);
writeFileSync(join(root, "etc/passwd"), users.join(""));
writeFileSync(join(root, "etc/group"), `edge:x:${GROUP_ID}:\n`);
for (const { path, mode } of Object.values(FOLDERS)) {
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  chownSync(folder, USER_IDS.runner, GROUP_ID);
  chmodSync(folder, mode);
}

function copyPackage(name: string, files: readonly string[]): void {
  for (const file of files) {
    const target = join(app, "node_modules", name, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(packageDir(name), file), target, { recursive: true });
  }
  if (readdirSync(join(app, "node_modules", name)).length === 0) throw new Error(`nothing of ${name} was copied`);
}
