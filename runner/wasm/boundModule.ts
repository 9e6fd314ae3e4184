import { ByteCursor, u32Bytes } from "./byteCursor.ts";
import { MEMORY_EXPORT, PAGE_BYTES, TABLE_ENTRIES_PER_MB } from "./rules.ts";
import { type Limits, readLimits, skipConstantExpression, skipValueType, WasmError } from "./types.ts";

const MAGIC_AND_VERSION: Uint8Array = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const MB = 1024 * 1024;

const SECTION = { import: 2, table: 4, memory: 5, export: 7 } as const;
/** Sections that come after the exports. */
const AFTER_EXPORTS: ReadonlySet<number> = new Set([8, 9, 10, 11, 12]);
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const TABLE_WITH_INITIALISER = 0x40;

/**
 * A WebAssembly module that stays within a function's heap: each memory and table that it declares gets a maximum in the bytes
 * themselves, which its own `memory.grow` heeds, and each memory an export by which the platform sees how large it has grown.
 * All else is as it was; whether the code is valid is for V8 to say.
 *
 * @throws WasmError where it is no module, or needs more than the heap, or what the runner has not.
 */
export function boundModule(bytes: Uint8Array, heapMb: number): Uint8Array {
  try {
    return rewritten(bytes, heapMb);
  } catch (error) {
    if (error instanceof RangeError) throw new WasmError(`it is no whole WebAssembly module: ${error.message}`);
    throw error;
  }
}

function rewritten(bytes: Uint8Array, heapMb: number): Uint8Array {
  const from = new ByteCursor(bytes);
  if (MAGIC_AND_VERSION.some((byte) => from.byte() !== byte)) throw new WasmError("it is no WebAssembly module");
  const parts: Uint8Array[] = [MAGIC_AND_VERSION];
  let imported = 0;
  let declared: readonly Limits[] = [];
  let hasExports = false;
  const addExports = (own: ByteCursor) => {
    hasExports = true;
    parts.push(...section(SECTION.export, withMemories(own, imported, declared)));
  };
  while (!from.isAtEnd) {
    const start = from.at;
    const id = from.byte();
    const content = from.part(from.u32());
    if (AFTER_EXPORTS.has(id) && !hasExports && declared.length > 0) addExports(noEntries());
    switch (id) {
      case SECTION.table:
        parts.push(...section(id, boundTables(content, heapMb)));
        break;
      case SECTION.memory: {
        const { limits, bytes } = boundMemories(content, heapMb);
        declared = limits;
        parts.push(...section(id, vector(bytes)));
        break;
      }
      case SECTION.export:
        addExports(content);
        break;
      default:
        if (id === SECTION.import) imported = importedMemories(content);
        parts.push(from.slice(start));
    }
  }
  if (!hasExports && declared.length > 0) addExports(noEntries());
  return Buffer.concat(parts);
}

function noEntries(): ByteCursor {
  return new ByteCursor(Uint8Array.of(0));
}

function section(id: number, content: Uint8Array): Uint8Array[] {
  return [Uint8Array.from([id, ...u32Bytes(content.length)]), content];
}

function vector(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.from(u32Bytes(entries.length)), ...entries]);
}

/** How many memories a module imports; they are made, and bounded, by others. */
function importedMemories(from: ByteCursor): number {
  let memories = 0;
  for (let left = from.u32(); left > 0; left--) {
    from.name();
    from.name();
    const kind = from.byte();
    if (kind === KIND.function) from.u32();
    else if (kind === KIND.table) {
      skipValueType(from);
      readLimits(from);
    } else if (kind === KIND.memory) {
      memories++;
      readLimits(from);
    } else if (kind === KIND.global) {
      skipValueType(from);
      from.byte();
    } else if (kind === KIND.tag) {
      from.byte();
      from.u32();
    } else throw new WasmError(`it has an import of the kind ${kind}, which is not known here`);
  }
  return memories;
}

function boundTables(from: ByteCursor, heapMb: number): Uint8Array {
  const most = heapMb * TABLE_ENTRIES_PER_MB;
  const tables: Uint8Array[] = [];
  for (let left = from.u32(); left > 0; left--) {
    const start = from.at;
    const isInitialised = from.byte() === TABLE_WITH_INITIALISER;
    if (isInitialised) from.byte();
    else from.at = start;
    skipValueType(from);
    const type = from.slice(start);
    const limits = readLimits(from);
    if (limits.min > most) {
      throw new WasmError(`a table of it has ${limits.min} entries, the most for heapMb: ${heapMb} is ${most}`);
    }
    const after = from.at;
    if (isInitialised) skipConstantExpression(from);
    tables.push(Buffer.concat([type, limitsBytes(limits, most), from.slice(after)]));
  }
  return vector(tables);
}

function boundMemories(from: ByteCursor, heapMb: number): { limits: readonly Limits[]; bytes: readonly Uint8Array[] } {
  const most = (heapMb * MB) / PAGE_BYTES;
  const memories: Limits[] = [];
  for (let left = from.u32(); left > 0; left--) {
    const limits = readLimits(from);
    if (limits.min > most) {
      const needsMb = Math.ceil((limits.min * PAGE_BYTES) / MB);
      throw new WasmError(
        `its memory begins with ${needsMb} MB, the function's heapMb is ${heapMb}; build it with less`,
      );
    }
    memories.push(limits);
  }
  return { limits: memories, bytes: memories.map((limits) => limitsBytes(limits, most)) };
}

function limitsBytes({ min, max }: Limits, most: number): Uint8Array {
  return Uint8Array.from([1, ...u32Bytes(min), ...u32Bytes(Math.min(max ?? most, most))]);
}

/** The exports, and one more for each memory that the module declares. */
function withMemories(own: ByteCursor, imported: number, declared: readonly Limits[]): Uint8Array {
  const count = own.u32();
  const start = own.at;
  for (let left = count; left > 0; left--) {
    const name = own.name();
    if (name.startsWith(MEMORY_EXPORT)) throw new WasmError(`it exports ${name}: that name is the runner's own`);
    own.byte();
    own.u32();
  }
  const more = declared.map(({ min }, index) => {
    const name = Buffer.from(`${MEMORY_EXPORT}${index}:${min}`);
    return Buffer.concat([
      Uint8Array.from(u32Bytes(name.length)),
      name,
      Uint8Array.from([KIND.memory, ...u32Bytes(imported + index)]),
    ]);
  });
  return Buffer.concat([Uint8Array.from(u32Bytes(count + declared.length)), own.slice(start), ...more]);
}
