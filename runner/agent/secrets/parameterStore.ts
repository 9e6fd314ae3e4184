import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { checkSecret, checkSecretName, type SecretStore, type StoredSecret } from "../../release/secretStore.ts";
import { AWS_CALL_MS, asSecretStoreError, faultOf, refusal } from "./awsFaults.ts";
import type { Fetched, SecretSource } from "./source.ts";

interface Place {
  readonly region: string;
  /** Where it is spoken instead of at AWS; null for AWS. */
  readonly endpoint: string | null;
}

/** Of a parameter of the standard tier, which costs nothing. */
const VALUE_BYTES_MAX = 4_096;
const NAMES_PER_CALL = 10;
const EVERY_MS = 60_000;
const PREFIX = "ssm:";

function clientOf({ region, endpoint }: Place): SSMClient {
  return new SSMClient({ region, ...(endpoint !== null && { endpoint }), maxAttempts: 3 });
}

const within = () => ({ abortSignal: AbortSignal.timeout(AWS_CALL_MS) });

/** Parameters of Systems Manager, as a node reads them. */
export class ParameterSource implements SecretSource {
  readonly kind = "ssm";
  readonly everyMs = EVERY_MS;
  readonly #client: SSMClient;

  constructor(place: Place) {
    this.#client = clientOf(place);
  }

  async fetch(references: readonly string[]): Promise<ReadonlyMap<string, Fetched>> {
    const fetched = new Map<string, Fetched>();
    for (let start = 0; start < references.length; start += NAMES_PER_CALL) {
      const some = references.slice(start, start + NAMES_PER_CALL);
      const found = await this.#some(some);
      // One that is denied denies those that are asked for with it.
      const isDenied = some.length > 1 && [...found.values()].some((one) => "fault" in one && one.fault === "denied");
      if (isDenied) for (const one of some) for (const entry of await this.#some([one])) fetched.set(...entry);
      else for (const entry of found) fetched.set(...entry);
    }
    return fetched;
  }

  async #some(references: readonly string[]): Promise<Map<string, Fetched>> {
    const Names = references.map((reference) => reference.slice(PREFIX.length));
    try {
      const { Parameters = [] } = await this.#client.send(
        new GetParametersCommand({ Names, WithDecryption: true }),
        within(),
      );
      const values = new Map(Parameters.map(({ Name, Value = "" }) => [Name, Value]));
      return new Map(
        references.map((reference, index): [string, Fetched] => {
          const value = values.get(Names[index]);
          if (value !== undefined) return [reference, { value }];
          return [
            reference,
            { fault: "missing", reason: `${reference}: there is no such parameter; set it in this region` },
          ];
        }),
      );
    } catch (error) {
      return new Map(references.map((reference) => [reference, refusal(reference, error)]));
    }
  }
}

/** Parameters below a path, as authors set them: encrypted with the account's key for parameters. */
export class ParameterStore implements SecretStore {
  readonly where: string;
  readonly #client: SSMClient;
  readonly #path: string;

  /** @param path what the names stand below, such as `/prod/`. */
  constructor(place: Place, path: string) {
    this.#client = clientOf(place);
    this.#path = path;
    this.where = `${PREFIX}${path}`;
  }

  async set(name: string, value: string): Promise<string> {
    checkSecret(name, value, VALUE_BYTES_MAX);
    const Name = `${this.#path}${name}`;
    const parameter = { Name, Value: value, Type: "SecureString", Overwrite: true } as const;
    await this.#call(() => this.#client.send(new PutParameterCommand(parameter), within()));
    return `${PREFIX}${Name}`;
  }

  async list(): Promise<readonly StoredSecret[]> {
    const filter = { Key: "Path", Option: "OneLevel", Values: [this.#path.replace(/(.)\/$/, "$1")] };
    const found: StoredSecret[] = [];
    let NextToken: string | undefined;
    do {
      const command = new DescribeParametersCommand({ ParameterFilters: [filter], NextToken, MaxResults: 50 });
      const page = await this.#call(() => this.#client.send(command, within()));
      for (const { Name, LastModifiedDate = null } of page.Parameters ?? []) {
        found.push({ reference: `${PREFIX}${Name}`, changedAt: LastModifiedDate });
      }
      NextToken = page.NextToken;
    } while (NextToken);
    return found.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  async remove(name: string): Promise<boolean> {
    checkSecretName(name);
    try {
      await this.#client.send(new DeleteParameterCommand({ Name: `${this.#path}${name}` }), within());
      return true;
    } catch (error) {
      if (faultOf(error) === "missing") return false;
      throw asSecretStoreError(this.where, error);
    }
  }

  async #call<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      throw asSecretStoreError(this.where, error);
    }
  }
}
