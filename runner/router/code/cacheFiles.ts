import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const KEY_FILE = "key";
const KEY_BYTES = 32;
const MAC_BYTES = 32;
const LENGTH_BYTES = 4;
/** Compiled modules that are kept on disk; a function's takes about half a megabyte. */
const FILES_MAX = 1_000;

/** A module's script form and V8's code cache for it, one after the other. */
export interface CompiledBytes {
  readonly scriptBytes: number;
  readonly body: Buffer;
}

/**
 * Compiled modules in a folder that no worker can write. V8 believes a code cache whatever is in it, so each file has a MAC
 * under a key of this node over its content, its module and everything that V8's compiled code depends on.
 */
export class CacheFiles {
  readonly #dir: string;
  readonly #key: Buffer;
  readonly #identity: string;

  private constructor(dir: string, key: Buffer, identity: string) {
    this.#dir = dir;
    this.#key = key;
    this.#identity = identity;
  }

  /** @param identity what the code was compiled by and for: another one's files are not believed. */
  static async open(dir: string, identity: string): Promise<CacheFiles> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    return new CacheFiles(dir, await keyIn(dir), identity);
  }

  /** @returns undefined when there is none; "bad", and the file is gone, when it is not what was written. */
  async read(sha256: string): Promise<CompiledBytes | "bad" | undefined> {
    const path = this.#path(sha256);
    let bytes: Buffer;
    try {
      bytes = await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const content = bytes.subarray(MAC_BYTES);
    const isOurs =
      content.length >= LENGTH_BYTES && timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.#mac(sha256, content));
    if (!isOurs) {
      await this.drop(sha256);
      return "bad";
    }
    return { scriptBytes: content.readUInt32LE(0), body: content.subarray(LENGTH_BYTES) };
  }

  async write(sha256: string, { scriptBytes, body }: CompiledBytes): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(scriptBytes);
    const content = Buffer.concat([length, body]);
    await this.#makeRoom();
    await writeAtomically(this.#path(sha256), Buffer.concat([this.#mac(sha256, content), content]));
  }

  async drop(sha256: string): Promise<void> {
    await rm(this.#path(sha256), { force: true });
  }

  #path(sha256: string): string {
    const identity = createHash("sha256").update(this.#identity).digest("hex").slice(0, 16);
    return join(this.#dir, `${sha256}-${identity}`);
  }

  #mac(sha256: string, content: Buffer): Buffer {
    return createHmac("sha256", this.#key).update(`${this.#identity}\n${sha256}\n`).update(content).digest();
  }

  async #makeRoom(): Promise<void> {
    const names = (await readdir(this.#dir)).filter((name) => name !== KEY_FILE);
    if (names.length < FILES_MAX) return;
    const files = await Promise.all(
      names.map(async (name) => ({ name, writtenMs: (await stat(join(this.#dir, name))).mtimeMs })),
    );
    files.sort((a, b) => a.writtenMs - b.writtenMs);
    for (const { name } of files.slice(0, FILES_MAX / 10)) await rm(join(this.#dir, name), { force: true });
  }
}

async function keyIn(dir: string): Promise<Buffer> {
  const path = join(dir, KEY_FILE);
  const known = await readFile(path).catch(() => undefined);
  if (known?.length === KEY_BYTES) return known;
  const key = randomBytes(KEY_BYTES);
  await writeAtomically(path, key);
  return key;
}

async function writeAtomically(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    await writeFile(temporary, bytes, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
