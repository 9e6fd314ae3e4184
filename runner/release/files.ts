import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ReleaseError } from "./errors.ts";
import { tooLarge } from "./manifest.ts";

/** Files that are whole or not there, whatever dies meanwhile. Failures are ReleaseErrors that name file and remedy. */

/** Names that start so are unfinished; whoever owns the folder may remove old ones. */
export const UNFINISHED = ".unfinished-";

/** The file's bytes, or null when there is none. Never reads more than `maxBytes`, nor anything but a plain file. */
export async function readBounded(path: string, maxBytes: number): Promise<Buffer | null> {
  let file: FileHandle | null = null;
  try {
    // Without O_NONBLOCK, opening a pipe that someone left there would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new ReleaseError("ERR_RELEASE_STORE", path, "is not a plain file; remove it");
    if (stats.size > maxBytes) throw tooLarge(path, stats.size, maxBytes);
    const bytes = Buffer.alloc(stats.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw asReleaseError(cause, path);
  } finally {
    await file?.close();
  }
}

/** Writes or replaces `path` in one step, on disk when this returns. */
export async function writeWhole(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  await viaUnfinished(path, bytes, { mode, publish: (unfinished) => rename(unfinished, path) });
}

/** Creates `path`; false, and nothing is changed, when it exists. */
export async function createWhole(path: string, bytes: Uint8Array, mode = 0o444): Promise<boolean> {
  try {
    await viaUnfinished(path, bytes, { mode, publish: (unfinished) => link(unfinished, path) });
    return true;
  } catch (error) {
    const { cause } = error as Error;
    if ((cause as NodeJS.ErrnoException | undefined)?.code === "EEXIST") return false;
    throw error;
  }
}

/** Makes a folder within a store. The store's own has to be there: one that is away must not come back empty. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw asReleaseError(cause, path);
  }
}

/** Makes a folder's entries survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export function asReleaseError(cause: unknown, path: string): ReleaseError {
  if (cause instanceof ReleaseError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    const what = `no space left (${code}); free some in ${dirname(path)}, or set EDGE_STATE_DIR to a folder on a larger disk`;
    return new ReleaseError("ERR_RELEASE_STORE_FULL", path, what, { cause });
  }
  return new ReleaseError("ERR_RELEASE_STORE", path, `cannot be used: ${message}`, { cause });
}

async function viaUnfinished(
  path: string,
  bytes: Uint8Array,
  how: { readonly mode: number; readonly publish: (unfinished: string) => Promise<void> },
): Promise<void> {
  const folder = dirname(path);
  const unfinished = join(folder, `${UNFINISHED}${basename(path)}-${randomBytes(6).toString("hex")}`);
  try {
    const file = await open(unfinished, "wx", how.mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await how.publish(unfinished);
    await syncFolder(folder);
  } catch (cause) {
    throw asReleaseError(cause, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
