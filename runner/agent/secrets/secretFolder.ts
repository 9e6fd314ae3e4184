import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readBounded, writeWhole } from "../../release/files.ts";
import { SECRET_BYTES_MAX } from "../../secretFiles.ts";
import { FETCHED_KINDS, secretFile } from "../../secretReference.ts";

/** For the user of router and agent alone. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** A value that nothing names any more stays so long: another node on this machine may still have the release before, ms. */
const UNWANTED_MS = 3_600_000;
const FETCHED_FILE = new RegExp(`^(?:${FETCHED_KINDS.join("|")})\\.[0-9a-f]{32}$`);

/** A node's folder of secrets: files of people, which are left alone, and those that the agent fetches. */
export class SecretFolder {
  readonly #folder: string;
  readonly #unwantedSinceMs = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
  }

  /** @returns whether it had another value. */
  async write(reference: string, value: string): Promise<boolean> {
    const path = this.#path(reference);
    // Readers take one line end off: a value keeps its own.
    const bytes = Buffer.from(`${value}\n`);
    if ((await readBounded(path, SECRET_BYTES_MAX).catch(() => null))?.equals(bytes)) return false;
    await writeWhole(path, bytes, FILE_MODE);
    return true;
  }

  async has(reference: string): Promise<boolean> {
    return (await this.#stamp(reference)) !== null;
  }

  /** What changes with the files of these references, as one text. */
  async stampOf(references: Iterable<string>): Promise<string> {
    const stamps: string[] = [];
    for (const reference of [...references].toSorted()) stamps.push(`${reference} ${await this.#stamp(reference)}`);
    return stamps.join("\n");
  }

  /** Removes values that were fetched once and have not been wanted for an hour. */
  async removeUnwanted(wanted: Iterable<string>, nowMs: number): Promise<void> {
    const files = new Set([...wanted].map(secretFile));
    for (const name of await readdir(this.#folder)) {
      if (!FETCHED_FILE.test(name)) continue;
      const sinceMs = this.#unwantedSinceMs.get(name) ?? nowMs;
      if (files.has(name)) this.#unwantedSinceMs.delete(name);
      else if (nowMs - sinceMs < UNWANTED_MS) this.#unwantedSinceMs.set(name, sinceMs);
      else {
        await rm(join(this.#folder, name), { force: true });
        this.#unwantedSinceMs.delete(name);
      }
    }
  }

  async #stamp(reference: string): Promise<string | null> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#path(reference), { bigint: true });
      return `${ino}-${mtimeNs}-${size}`;
    } catch {
      return null;
    }
  }

  #path(reference: string): string {
    return join(this.#folder, secretFile(reference));
  }
}
