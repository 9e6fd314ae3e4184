import { type SecretStore, SecretStoreError } from "../../release/secretStore.ts";
import { REGION } from "../../release/storeAddress.ts";

const PATH = /^\/(?:[A-Za-z0-9_.-]+\/)*$/;
const PREFIX = /^[A-Za-z0-9/_+=.@-]{0,200}$/;

/**
 * The store of secrets at an address: `local:<folder>` (sealed; the private key is in the file `<folder>.key`), `ssm:/<path>?region=<region>` or
 * `secretsmanager:<prefix>?region=<region>`, the latter two with `&endpoint=<URL>` where they are spoken elsewhere than at AWS.
 *
 * @throws SecretStoreError that says what is wrong with the address and what to write.
 */
export async function openSecretStore(address: string): Promise<SecretStore> {
  const [, kind, rest = ""] = /^(local|ssm|secretsmanager):(.*)$/.exec(address) ?? [];
  const fault = (what: string) =>
    new SecretStoreError(
      `the address ${JSON.stringify(address)} ${what}; write local:<folder>, ssm:/<path>?region=<region> or secretsmanager:<prefix>?region=<region>`,
    );
  if (kind === undefined) throw fault("is of no kind that is known");
  // Loaded here: who needs one kind does without the others' memory.
  if (kind === "local") {
    if (rest === "") throw fault("names no folder");
    const { SealedSecrets } = await import("./sealedSecrets.ts");
    return new SealedSecrets({ folder: rest, keyFile: `${rest}.key` });
  }
  const [path = "", query] = rest.split("?");
  const parameters = new URLSearchParams(query);
  const region = parameters.get("region") ?? "";
  if (!REGION.test(region)) throw fault(`has ${JSON.stringify(region)} for a region, such as eu-central-1`);
  const place = { region, endpoint: parameters.get("endpoint") };
  if (kind === "ssm") {
    const below = path.endsWith("/") ? path : `${path}/`;
    if (!PATH.test(below)) throw fault(`has ${JSON.stringify(path)} for a path, such as /prod`);
    const { ParameterStore } = await import("./parameterStore.ts");
    return new ParameterStore(place, below);
  }
  if (!PREFIX.test(path)) throw fault(`has ${JSON.stringify(path)} for a prefix, such as prod/`);
  const { ManagedSecrets } = await import("./secretsManager.ts");
  return new ManagedSecrets(place, path);
}
