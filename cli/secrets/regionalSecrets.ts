import { type SecretStore, SecretStoreError, type StoredSecret } from "@edge-fleet/runner/release/secretStore";

/** The same secrets in each region of a fleet: a node fetches them in its own. Methods throw a SecretStoreError. */
export class RegionalSecrets implements SecretStore {
  readonly where: string;
  readonly #stores: ReadonlyMap<string, SecretStore>;

  /** @param stores one for each region, by its name. */
  constructor(stores: ReadonlyMap<string, SecretStore>) {
    this.#stores = stores;
    this.where = `${[...stores.values()][0]?.where} of ${[...stores.keys()].join(", ")}`;
  }

  async set(name: string, value: string): Promise<string> {
    const references = await this.#inEach((store) => store.set(name, value), `${name} is set`);
    return references[0] as string;
  }

  async list(): Promise<readonly StoredSecret[]> {
    const lists = await this.#inEach((store) => store.list(), "they were listed");
    const regions = [...this.#stores.keys()];
    const all = lists.flatMap((list, index) => list.map((secret) => ({ ...secret, region: regions[index] as string })));
    return [...Map.groupBy(all, ({ reference }) => reference)]
      .map(([reference, found]) => ({
        reference,
        changedAt: newest(found.map(({ changedAt }) => changedAt)),
        regions: found.map(({ region }) => region),
      }))
      .sort((a, b) => (a.reference < b.reference ? -1 : 1));
  }

  async remove(name: string): Promise<boolean> {
    return (await this.#inEach((store) => store.remove(name), `${name} is removed`)).includes(true);
  }

  /** @throws SecretStoreError that says in which regions it was done, and in which not */
  async #inEach<Result>(act: (store: SecretStore) => Promise<Result>, done: string): Promise<Result[]> {
    const regions = [...this.#stores.keys()];
    const results = await Promise.allSettled([...this.#stores.values()].map(act));
    const failed = results.flatMap((result, index) =>
      result.status === "rejected" ? [`${regions[index]}: ${(result.reason as Error).message}`] : [],
    );
    if (failed.length === 0) return results.map((result) => (result as PromiseFulfilledResult<Result>).value);
    const where = regions.filter((_, index) => results[index]?.status === "fulfilled");
    const partly = where.length === 0 ? "" : `; in ${where.join(", ")} ${done}. Do it again when the others answer`;
    throw new SecretStoreError(`${failed.join("; ")}${partly}`);
  }
}

function newest(times: readonly (Date | null)[]): Date | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : new Date(Math.max(...known.map(Number)));
}
