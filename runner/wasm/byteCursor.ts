/** Reads a WebAssembly binary front to back. Every method throws a {@link RangeError} where the bytes end too soon. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) throw new RangeError("it ends too soon");
    return this.bytes[this.at++] as number;
  }

  /** An unsigned LEB128 number of up to 32 bits. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffffffff) break;
        return value;
      }
    }
    throw new RangeError("a number in it is larger than 32 bits");
  }

  /** A LEB128 number of any kind, whose value nobody needs. */
  skipNumber(): void {
    for (let count = 0; count < 10; count++) if (this.byte() < 0x80) return;
    throw new RangeError("a number in it is larger than 64 bits");
  }

  skip(count: number): void {
    if (count > this.end - this.at) throw new RangeError("it ends too soon");
    this.at += count;
  }

  /** The next `count` bytes, read as one part. */
  part(count: number): ByteCursor {
    const from = this.at;
    this.skip(count);
    return new ByteCursor(this.bytes, from, this.at);
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(start, this.at));
  }

  slice(from: number, to: number = this.at): Uint8Array {
    return this.bytes.subarray(from, to);
  }
}

/** An unsigned LEB128 number. */
export function u32Bytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = (rest - low) / 128;
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}
