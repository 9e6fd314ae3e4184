import { awsSecretName, type FetchedKind } from "../../secretReference.ts";
import type { Fetched, SecretSource } from "./source.ts";

/** A source of AWS that gives what functions may have, by its name, and nothing else that the machine's role may read. */
export class NamedSource implements SecretSource {
  readonly kind: FetchedKind;
  readonly everyMs: number;
  readonly #source: SecretSource;
  readonly #prefix: string;

  constructor(source: SecretSource, prefix: string) {
    this.kind = source.kind;
    this.everyMs = source.everyMs;
    this.#source = source;
    this.#prefix = prefix;
  }

  async fetch(references: readonly string[]): Promise<ReadonlyMap<string, Fetched>> {
    const { given = [], kept = [] } = Object.groupBy(references, (reference) =>
      awsSecretName(reference)?.startsWith(this.#prefix) ? "given" : "kept",
    );
    const fetched = new Map(given.length === 0 ? [] : await this.#source.fetch(given));
    for (const reference of kept) {
      const reason = `${reference}: its name does not begin with ${this.#prefix}, and functions have no other of AWS`;
      fetched.set(reference, { fault: "denied", reason });
    }
    return fetched;
  }
}
