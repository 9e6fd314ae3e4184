import { readFile } from "node:fs/promises";
import { isIP } from "node:net";

/** Another node of the region. */
export interface Sibling {
  readonly name: string;
  readonly address: string;
}

/** Where the live list of a region's other nodes comes from: here a file, in a cloud its group of machines. */
export interface SiblingList {
  /** @throws Error when it cannot be told now; what was known last holds then. */
  read(): Promise<readonly Sibling[]>;
}

/** A JSON file with the list, which is replaced whole when it changes. */
export class SiblingFile implements SiblingList {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<readonly Sibling[]> {
    const list: unknown = JSON.parse(await readFile(this.#path, "utf8"));
    if (!Array.isArray(list) || !list.every(isSibling)) {
      throw new Error(`${this.#path} is no list of nodes with name and address`);
    }
    return list;
  }
}

function isSibling(value: unknown): value is Sibling {
  const { name, address } = (value ?? {}) as Record<string, unknown>;
  return typeof name === "string" && typeof address === "string" && isIP(address) !== 0;
}
