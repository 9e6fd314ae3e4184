import { mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { createWhole, readBounded, writeWhole } from "../../release/files.ts";
import {
  checkSecret,
  checkSecretName,
  SECRET_VALUE_BYTES_MAX,
  type SecretStore,
  SecretStoreError,
  type StoredSecret,
} from "../../release/secretStore.ts";
import { SEALED_SUFFIX, sealedNames } from "./sealedNames.ts";
import type { Fetched, SecretSource } from "./source.ts";

interface SealedPlace {
  /** Has `recipient`, the public key, and `<name>.age` per secret. All of it may be in a repository. */
  readonly folder: string;
  /** File with the private key, for the fleet's machines alone. */
  readonly keyFile: string;
}

const PREFIX = "local:";
const EVERY_MS = 2_000;
/** A value in base64 with age's header and room. */
const SEALED_BYTES_MAX = SECRET_VALUE_BYTES_MAX * 3;
const KEY_BYTES_MAX = 4_096;

/** What is encrypted: with its name, so that nobody can give one secret's file another's name. */
interface Sealed {
  readonly name: string;
  readonly value: string;
}

/**
 * Secrets that are encrypted for the fleet, a file of age's format each. Whoever has the public key can set them; only the private
 * key opens them. The pair is made with the first secret.
 */
export class SealedSecrets implements SecretStore {
  readonly where: string;
  readonly #folder: string;
  readonly #keyFile: string;

  constructor({ folder, keyFile }: SealedPlace) {
    this.where = `${PREFIX}${folder}`;
    this.#folder = folder;
    this.#keyFile = keyFile;
  }

  async set(name: string, value: string): Promise<string> {
    checkSecret(name, value);
    return this.#guarded(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const encrypter = new Encrypter();
      encrypter.addRecipient(await this.#recipient());
      const sealed = await encrypter.encrypt(JSON.stringify({ name, value } satisfies Sealed));
      await writeWhole(this.#file(name), Buffer.from(armor.encode(sealed)));
      return `${PREFIX}${name}`;
    });
  }

  async list(): Promise<readonly StoredSecret[]> {
    return this.#guarded(async () => {
      const names = await sealedNames(this.#folder);
      return Promise.all(
        names.map(async (name) => ({ reference: `${PREFIX}${name}`, changedAt: (await stat(this.#file(name))).mtime })),
      );
    });
  }

  async remove(name: string): Promise<boolean> {
    checkSecretName(name);
    return this.#guarded(async () => {
      const isThere = (await sealedNames(this.#folder)).includes(name);
      await rm(this.#file(name), { force: true });
      return isThere;
    });
  }

  /** The public key; made, with the private one, where there is none yet. */
  async #recipient(): Promise<string> {
    const path = join(this.#folder, "recipient");
    const known = await readBounded(path, KEY_BYTES_MAX);
    if (known !== null) return known.toString().trim();
    await mkdir(dirname(this.#keyFile), { recursive: true, mode: 0o700 });
    // Of two that are first at once, one's key stays.
    await createWhole(this.#keyFile, Buffer.from(`${await generateX25519Identity()}\n`), 0o600);
    const recipient = await identityToRecipient(await readKey(this.#keyFile));
    await writeWhole(path, Buffer.from(`${recipient}\n`));
    return recipient;
  }

  #file(name: string): string {
    return join(this.#folder, `${name}${SEALED_SUFFIX}`);
  }

  async #guarded<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof SecretStoreError) throw cause;
      throw new SecretStoreError(`${this.where}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Sealed secrets as a node opens them. */
export class SealedSource implements SecretSource {
  readonly kind = "local";
  readonly everyMs = EVERY_MS;
  readonly #place: SealedPlace;
  /** An open secret by its file's bytes: an unchanged one is not opened again. */
  readonly #opened = new Map<string, { readonly bytes: Buffer; readonly value: string }>();

  constructor(place: SealedPlace) {
    this.#place = place;
  }

  async fetch(references: readonly string[]): Promise<ReadonlyMap<string, Fetched>> {
    const fetched = new Map<string, Fetched>();
    for (const reference of references) {
      try {
        fetched.set(reference, await this.#open(reference));
      } catch (error) {
        fetched.set(reference, { fault: "unfit", reason: `${reference}: ${(error as Error).message}` });
      }
    }
    return fetched;
  }

  async #open(reference: string): Promise<Fetched> {
    const name = reference.slice(PREFIX.length);
    const path = join(this.#place.folder, `${name}${SEALED_SUFFIX}`);
    const bytes = await readBounded(path, SEALED_BYTES_MAX);
    if (bytes === null) {
      this.#opened.delete(name);
      return {
        fault: "missing",
        reason: `${reference}: ${path} is not there; set it with \`edge secrets set ${name}\``,
      };
    }
    const known = this.#opened.get(name);
    if (known?.bytes.equals(bytes)) return { value: known.value };
    const decrypter = new Decrypter();
    decrypter.addIdentity(await readKey(this.#place.keyFile));
    const sealed: Sealed = JSON.parse(await decrypter.decrypt(armor.decode(bytes.toString()), "text"));
    if (sealed.name !== name)
      return { fault: "unfit", reason: `${reference}: was sealed as ${sealed.name}; set it again` };
    this.#opened.set(name, { bytes, value: sealed.value });
    return { value: sealed.value };
  }
}

async function readKey(file: string): Promise<string> {
  const bytes = await readBounded(file, KEY_BYTES_MAX);
  if (bytes === null) throw new Error(`the key ${file} is not there; bring the one that the secrets were sealed for`);
  const key = bytes
    .toString()
    .split("\n")
    .find((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (key === undefined) throw new Error(`${file} has no key of age`);
  return key.trim();
}
