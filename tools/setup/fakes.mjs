// @ts-check
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** For tests: a folder of stand-in programs to put on PATH, and what set-up's parts are given. */

/**
 * @param {import("node:test").TestContext} t removes the folder when the test ends
 * @returns {string}
 */
export function scratchDir(t) {
  const dir = mkdtempSync(join(tmpdir(), "edge-setup-"));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/**
 * @param {string} dir
 * @param {Record<string, string>} scripts program name → body of a shell script
 */
export function writePrograms(dir, scripts) {
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(dir, name), 0o755);
  }
}

/**
 * A part's context that keeps what it is told.
 * @param {{ env: NodeJS.ProcessEnv, signal?: AbortSignal }} given
 */
export function fakeContext({ env, signal = new AbortController().signal }) {
  const notes = /** @type {string[]} */ ([]);
  const progress = { note: (/** @type {string} */ text) => void notes.push(text), at() {}, done() {}, failed() {} };
  return { env, signal, progress, notes };
}
