import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { checkSecret, checkSecretName, type SecretStore, type StoredSecret } from "../../release/secretStore.ts";
import { parseSecretReference } from "../../secretReference.ts";
import { AWS_CALL_MS, asSecretStoreError, faultOf, refusal } from "./awsFaults.ts";
import type { Fetched, SecretSource } from "./source.ts";

interface Place {
  readonly region: string;
  /** Where it is spoken instead of at AWS; null for AWS. */
  readonly endpoint: string | null;
}

/** Ten thousand calls cost five cents: one secret on one node, looked at so often, is four cents a month. */
const EVERY_MS = 300_000;
const PREFIX = "secretsmanager:";

function clientOf({ region, endpoint }: Place): SecretsManagerClient {
  return new SecretsManagerClient({ region, ...(endpoint !== null && { endpoint }), maxAttempts: 3 });
}

const within = () => ({ abortSignal: AbortSignal.timeout(AWS_CALL_MS) });

/** Secrets of Secrets Manager, as a node reads them. */
export class ManagedSecretSource implements SecretSource {
  readonly kind = "secretsmanager";
  readonly everyMs = EVERY_MS;
  readonly #client: SecretsManagerClient;

  constructor(place: Place) {
    this.#client = clientOf(place);
  }

  async fetch(references: readonly string[]): Promise<ReadonlyMap<string, Fetched>> {
    const texts = new Map<string, Promise<string | undefined>>();
    const fetched = new Map<string, Fetched>();
    for (const reference of references) {
      const { name, key } = parseSecretReference(reference) as { name: string; key: string | null };
      try {
        const asked = texts.get(name) ?? this.#text(name);
        texts.set(name, asked);
        fetched.set(reference, valueIn(await asked, key, reference));
      } catch (error) {
        fetched.set(reference, refusal(reference, error));
      }
    }
    return fetched;
  }

  async #text(SecretId: string): Promise<string | undefined> {
    return (await this.#client.send(new GetSecretValueCommand({ SecretId }), within())).SecretString;
  }
}

function valueIn(text: string | undefined, key: string | null, reference: string): Fetched {
  const unfit = (what: string): Fetched => ({ fault: "unfit", reason: `${reference}: ${what}` });
  if (text === undefined) return unfit("is binary; store text, base64 for instance");
  if (key === null) return { value: text };
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return unfit("is not JSON; leave the key out of the reference, or store {key: value}");
  }
  const isRecord = typeof fields === "object" && fields !== null && Object.hasOwn(fields, key);
  const value = isRecord ? (fields as Readonly<Record<string, unknown>>)[key] : undefined;
  if (typeof value === "string") return { value };
  return unfit(`its JSON has no text under ${key}`);
}

/** Secrets whose names begin alike, as authors set them. */
export class ManagedSecrets implements SecretStore {
  readonly where: string;
  readonly #client: SecretsManagerClient;
  readonly #prefix: string;

  /** @param prefix what all names begin with, such as `prod/`. */
  constructor(place: Place, prefix: string) {
    this.#client = clientOf(place);
    this.#prefix = prefix;
    this.where = `${PREFIX}${prefix}`;
  }

  async set(name: string, value: string): Promise<string> {
    checkSecret(name, value);
    const full = `${this.#prefix}${name}`;
    try {
      const command = new PutSecretValueCommand({ SecretId: full, SecretString: value });
      await this.#client.send(command, within()).catch((error) => {
        if (error.name !== "ResourceNotFoundException") throw error;
        return this.#client.send(new CreateSecretCommand({ Name: full, SecretString: value }), within());
      });
    } catch (error) {
      throw asSecretStoreError(this.where, error);
    }
    return `${PREFIX}${full}`;
  }

  async list(): Promise<readonly StoredSecret[]> {
    const found: StoredSecret[] = [];
    let NextToken: string | undefined;
    try {
      do {
        const filter = this.#prefix === "" ? {} : { Filters: [{ Key: "name" as const, Values: [this.#prefix] }] };
        const page = await this.#client.send(new ListSecretsCommand({ ...filter, NextToken }), within());
        for (const { Name = "", LastChangedDate = null } of page.SecretList ?? []) {
          if (Name.startsWith(this.#prefix)) found.push({ reference: `${PREFIX}${Name}`, changedAt: LastChangedDate });
        }
        NextToken = page.NextToken;
      } while (NextToken);
    } catch (error) {
      throw asSecretStoreError(this.where, error);
    }
    return found.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  /** It can be restored for a week. */
  async remove(name: string): Promise<boolean> {
    checkSecretName(name);
    try {
      const command = new DeleteSecretCommand({ SecretId: `${this.#prefix}${name}`, RecoveryWindowInDays: 7 });
      await this.#client.send(command, within());
      return true;
    } catch (error) {
      if (faultOf(error) === "missing") return false;
      throw asSecretStoreError(this.where, error);
    }
  }
}
