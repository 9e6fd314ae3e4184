interface TreeShape {
  readonly nodeCount: number;
  /** Bits of one record; a node has two. */
  readonly recordBits: number;
  readonly addressBits: 32 | 128;
}

/**
 * The binary search tree at the start of a MaxMind DB file (`maxmind.github.io/MaxMind-DB`). A record is another node
 * (below `nodeCount`), nothing (`nodeCount` itself) or a place in the data section (above).
 */
export class SearchTree {
  readonly addressBits: 32 | 128;
  readonly #file: Buffer;
  readonly #shape: TreeShape;
  readonly #entered: Uint8Array;
  readonly #ipv4Root: number;

  /** Throws an `Error` when the file is shorter than its tree or of a record size that does not exist. */
  constructor(file: Buffer, shape: TreeShape) {
    const { nodeCount, recordBits, addressBits } = shape;
    if (recordBits !== 24 && recordBits !== 28 && recordBits !== 32)
      throw new Error(`has records of ${recordBits} bits`);
    const treeBytes = (nodeCount * recordBits * 2) / 8;
    if (!Number.isSafeInteger(nodeCount) || nodeCount < 1 || treeBytes > file.length) {
      throw new Error(`is damaged: ${nodeCount} nodes do not fit into ${file.length} bytes`);
    }
    this.addressBits = addressBits;
    this.#file = file;
    this.#shape = shape;
    this.#entered = new Uint8Array(nodeCount);
    this.#ipv4Root = addressBits === 128 ? this.#below(96) : 0;
  }

  isNode(record: number): boolean {
    return record < this.#shape.nodeCount;
  }

  isEmpty(record: number): boolean {
    return record === this.#shape.nodeCount;
  }

  left(node: number): number {
    const at = this.#offset(node);
    if (this.#shape.recordBits === 24) return this.#file.readUIntBE(at, 3);
    if (this.#shape.recordBits === 32) return this.#file.readUInt32BE(at);
    return (this.#file.readUInt8(at + 3) >> 4) * 2 ** 24 + this.#file.readUIntBE(at, 3);
  }

  right(node: number): number {
    const at = this.#offset(node);
    if (this.#shape.recordBits === 24) return this.#file.readUIntBE(at + 3, 3);
    if (this.#shape.recordBits === 32) return this.#file.readUInt32BE(at + 4);
    return (this.#file.readUInt8(at + 3) & 15) * 2 ** 24 + this.#file.readUIntBE(at + 4, 3);
  }

  /**
   * Notes that a walk enters a node. False for another way into the IPv4 addresses (databases repeat them under
   * `::ffff:0:0/96`, `2002::/16` and others). Throws an `Error` for any other node entered twice: the tree has a loop.
   */
  enter(node: number, start: bigint, prefix: number): boolean {
    const isIpv4Root = this.addressBits === 128 && node === this.#ipv4Root;
    if (isIpv4Root && (start !== 0n || prefix !== 96)) return false;
    if (prefix >= this.addressBits || this.#entered[node] === 1) {
      throw new Error(`is damaged: its search tree has a loop at node ${node}`);
    }
    this.#entered[node] = 1;
    return true;
  }

  #below(zeroBits: number): number {
    let record = 0;
    for (let depth = 0; depth < zeroBits && this.isNode(record); depth++) record = this.left(record);
    return record;
  }

  #offset(node: number): number {
    return node * (this.#shape.recordBits / 4);
  }
}
