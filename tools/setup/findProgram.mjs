// @ts-check
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Folders that hold daemons but are missing from the PATH of ordinary Debian users. */
const daemonDirs = ["/usr/sbin", "/sbin"];

/** Where Go's own instructions install it; people often forget to put it on PATH, and sudo drops it. */
const goDirs = ["/usr/local/go/bin"];

/**
 * The folders in which programs are looked up, in order.
 * @param {NodeJS.ProcessEnv} env
 */
export function searchDirs(env) {
  return [...(env.PATH ?? "").split(delimiter).filter(Boolean), ...daemonDirs, ...goDirs];
}

/**
 * The first executable file of that name, or undefined.
 * @param {string} name
 * @param {string[]} dirs
 * @returns {string | undefined} its path, not resolved through links
 */
export function findProgram(name, dirs) {
  return dirs.map((dir) => join(dir, name)).find(isExecutableFile);
}

/** @param {string} path */
export function isExecutableFile(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
