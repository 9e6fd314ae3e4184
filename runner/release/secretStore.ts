import { SECRET_BYTES_MAX } from "../secretFiles.ts";
import { SECRET_NAME } from "../secretReference.ts";

/** A secret as its authors see it: never its value. */
export interface StoredSecret {
  /** What a function's config names: `local:payments-key`, `ssm:/prod/payments-key`. */
  readonly reference: string;
  /** When its value last changed; null where that is not told. */
  readonly changedAt: Date | null;
  /** Regions that have it; absent where it is in one place. */
  readonly regions?: readonly string[];
}

/** Where authors put secrets. Values go in and do not come out. Methods throw a SecretStoreError. */
export interface SecretStore {
  /** What people call it, for messages. */
  readonly where: string;

  /** Sets a secret, new or not. @returns its reference. */
  set(name: string, value: string): Promise<string>;

  /** All of them, by name. */
  list(): Promise<readonly StoredSecret[]>;

  /** @returns whether there was one. */
  remove(name: string): Promise<boolean>;
}

/** A secret cannot be set, listed, removed or fetched. The message names it and the remedy, never a value. */
export class SecretStoreError extends Error {
  override readonly name = "SecretStoreError";
}

/** Largest value, bytes: with a line end it fits into the file that a node has of it. Parameter Store's own limit is 4 KB. */
export const SECRET_VALUE_BYTES_MAX = SECRET_BYTES_MAX - 1;

/** @throws SecretStoreError */
export function checkSecret(name: string, value: string, bytesMax = SECRET_VALUE_BYTES_MAX): void {
  checkSecretName(name);
  const bytes = Buffer.byteLength(value);
  if (bytes === 0) throw new SecretStoreError(`the secret ${name} is empty; give it a value`);
  if (bytes > bytesMax) throw new SecretStoreError(`the secret ${name} has ${bytes} bytes, the most is ${bytesMax}`);
}

/** @throws SecretStoreError */
export function checkSecretName(name: string): void {
  if (SECRET_NAME.regex.test(name)) return;
  throw new SecretStoreError(`${JSON.stringify(name)} is no secret's name: give ${SECRET_NAME.gloss}`);
}
