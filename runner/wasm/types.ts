import type { ByteCursor } from "./byteCursor.ts";

/** `(ref null ht)` and `(ref ht)`: a heap type follows. */
const NULLABLE_REF = 0x63;
const REF = 0x64;

export function skipValueType(from: ByteCursor): void {
  const kind = from.byte();
  if (kind === NULLABLE_REF || kind === REF) from.skipNumber();
}

/** Size of a memory in pages, or of a table in entries. */
export interface Limits {
  readonly min: number;
  /** Undefined where the module sets none. */
  readonly max: number | undefined;
}

const HAS_MAX = 1;

/** @throws WasmError for what the runner does not run: shared memory, 64-bit indexes, pages of another size. */
export function readLimits(from: ByteCursor): Limits {
  const flags = from.byte();
  if ((flags & 2) !== 0) throw new WasmError("its memory is shared: there are no threads here; build it without them");
  if ((flags & 4) !== 0) throw new WasmError("it has a 64-bit memory or table; build it for wasm32");
  if (flags > HAS_MAX) throw new WasmError(`a memory or table has the limits flag ${flags}, which is not known here`);
  const min = from.u32();
  return { min, max: flags === HAS_MAX ? from.u32() : undefined };
}

/** A module that cannot run here; the message says why, and what to do. */
export class WasmError extends Error {
  override readonly name = "WasmError";
}

/** Immediates of the instructions that constant expressions are made of. */
const NUMBER_IMMEDIATES: Readonly<Record<number, number>> = {
  35: 1, // global.get
  65: 1, // i32.const
  66: 1, // i64.const
  208: 1, // ref.null
  210: 1, // ref.func
  106: 0,
  107: 0,
  108: 0,
  124: 0,
  125: 0,
  126: 0,
};
/** The same after the prefix of garbage-collected types: struct.new, array.new, their variants, conversions, ref.i31. */
const GC_IMMEDIATES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 6: 1, 7: 1, 8: 2, 26: 0, 27: 0, 28: 0 };
const FLOAT_BYTES: Readonly<Record<number, number>> = { 67: 4, 68: 8 };
const GC_PREFIX = 0xfb;
const END = 0x0b;

export function skipConstantExpression(from: ByteCursor): void {
  for (let opcode = from.byte(); opcode !== END; opcode = from.byte()) {
    const floatBytes = FLOAT_BYTES[opcode];
    if (floatBytes !== undefined) {
      from.skip(floatBytes);
      continue;
    }
    const numbers = opcode === GC_PREFIX ? GC_IMMEDIATES[from.u32()] : NUMBER_IMMEDIATES[opcode];
    if (numbers === undefined)
      throw new WasmError(`a table begins with an expression that is not known here (${opcode})`);
    for (let count = 0; count < numbers; count++) from.skipNumber();
  }
}
