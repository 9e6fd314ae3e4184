import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { AgentConfig, FarmConfig } from "../config.ts";
import type { MachineConfig } from "../machine/config.ts";

/** Another node of the region. */
export interface Sibling {
  readonly name: string;
  readonly address: string;
}

/** Where the live list of a region's other nodes comes from: here a file, in a cloud its group of machines. */
export interface SiblingList {
  /** How often it may be read, ms. */
  readonly everyMs: number;

  /** @throws Error when it cannot be told now; what was known last holds then. */
  read(): Promise<readonly Sibling[]>;
}

/** A JSON file with the list, which is replaced whole when it changes. */
export class SiblingFile implements SiblingList {
  readonly everyMs = 0;
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

/** The list that the node's config names. The cloud's client is loaded where it is needed. */
export async function siblingList({ node, machine }: AgentConfig, { list }: FarmConfig): Promise<SiblingList> {
  if (list !== null) return new SiblingFile(list);
  const { SiblingGroup } = await import("./siblingGroup.ts");
  return new SiblingGroup(node, machine as MachineConfig);
}
