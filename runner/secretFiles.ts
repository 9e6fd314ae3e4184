import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { parseSecretReference, secretFile } from "./secretReference.ts";

/** Largest secret, bytes: a certificate chain with its key fits well. */
export const SECRET_BYTES_MAX = 32 * 1024;
const OTHERS = 0o077;
const NOT_WRITTEN = "is not there; write the value to it, in a file that only its owner can read (chmod 600)";
const NOT_FETCHED = "is not there: it could not be fetched; the agent's log says why";

/** A secret cannot be used. The message has its name, the variable, the file and the remedy, never a value. */
export class SecretError extends Error {
  override readonly name = "SecretError";
  /** The function that wants it. */
  readonly owner: string;

  constructor(owner: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.owner = owner;
  }
}

interface Wanted {
  readonly name: string;
  /** Name of a secret by variable. */
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Values of a function's secrets by variable, read anew from the files that stand for them in `folder`. One line end at a file's end is not part of
 * the value, so that an editor can write it.
 *
 * @throws SecretError when one is missing, empty, too large, not UTF-8 or open to other users.
 */
export async function readSecrets(folder: string, { name, secrets }: Wanted): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(secrets).map(async ([variable, secret]) => {
      const use = { owner: name, what: `${variable} of ${name}` };
      return [variable, await readSecret(folder, secret, use)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/**
 * Value of one secret, read anew.
 *
 * @param use.what what it is for, in messages.
 * @throws SecretError
 */
export async function readSecret(
  folder: string,
  secret: string,
  { owner, what }: { readonly owner: string; readonly what: string },
): Promise<string> {
  const path = join(folder, secretFile(secret));
  const refuse = (fault: string, cause?: unknown) =>
    new SecretError(owner, `the secret ${secret} (${what}): ${path} ${fault}`, { cause });
  let file: FileHandle | undefined;
  try {
    // Without O_NONBLOCK, opening a pipe that someone left there would wait for ever.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw refuse("is not a plain file; write the value to a file of this name");
    if ((stats.mode & OTHERS) !== 0) {
      throw refuse(`can be read by other users (mode ${(stats.mode & 0o777).toString(8)}); run chmod 600 on it`);
    }
    if (stats.size > SECRET_BYTES_MAX) throw refuse(`has ${stats.size} bytes, the most is ${SECRET_BYTES_MAX}`);
    const bytes = Buffer.alloc(SECRET_BYTES_MAX + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    const value = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytesRead)).replace(/\r?\n$/, "");
    if (value === "") throw refuse("is empty; write the value to it");
    return value;
  } catch (error) {
    if (error instanceof SecretError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw refuse(isFetched(secret) ? NOT_FETCHED : NOT_WRITTEN);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      throw refuse("is not UTF-8; encode the value, as base64 for instance");
    throw refuse(`cannot be read: ${message}`, error);
  } finally {
    await file?.close();
  }
}

function isFetched(secret: string): boolean {
  return parseSecretReference(secret).kind !== "file";
}
