import { ByteCursor, u32Bytes } from "./byteCursor.ts";
import { MEMORY_EXPORT, PAGE_BYTES, TABLE_ENTRIES_PER_MB, TABLE_EXPORT, WASM_OBJECTS_MAX } from "./rules.ts";
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
 * themselves, which its own `memory.grow` heeds, and an export by which the platform sees that it is there and how large it has grown.
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
  let imported: Imported = { tables: 0, memories: 0 };
  let tables: readonly Uint8Array[] = [];
  let memories: readonly Limits[] = [];
  let hasExports = false;
  const addExports = (own: ByteCursor) => {
    hasExports = true;
    parts.push(...section(SECTION.export, withDeclared(own, imported, tables.length, memories)));
  };
  const declares = () => tables.length + memories.length > 0;
  while (!from.isAtEnd) {
    const start = from.at;
    const id = from.byte();
    const content = from.part(from.u32());
    if (AFTER_EXPORTS.has(id) && !hasExports && declares()) addExports(noEntries());
    switch (id) {
      case SECTION.table:
        tables = boundTables(content, heapMb);
        parts.push(...section(id, vector(tables)));
        break;
      case SECTION.memory: {
        const { limits, bytes } = boundMemories(content, heapMb);
        memories = limits;
        parts.push(...section(id, vector(bytes)));
        break;
      }
      case SECTION.export:
        addExports(content);
        break;
      default:
        if (id === SECTION.import) imported = importedBy(content);
        parts.push(from.slice(start));
    }
  }
  if (!hasExports && declares()) addExports(noEntries());
  const objects = 1 + tables.length + memories.length;
  if (objects > WASM_OBJECTS_MAX) {
    throw new WasmError(
      `its memories and tables are ${objects} with their instance, the most is ${WASM_OBJECTS_MAX}; build it with fewer`,
    );
  }
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

/** How many tables and memories a module imports; they are made, and bounded, by others. */
interface Imported {
  readonly tables: number;
  readonly memories: number;
}

function importedBy(from: ByteCursor): Imported {
  let tables = 0;
  let memories = 0;
  for (let left = from.u32(); left > 0; left--) {
    from.name();
    from.name();
    const kind = from.byte();
    if (kind === KIND.function) from.u32();
    else if (kind === KIND.table) {
      tables++;
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
  return { tables, memories };
}

function boundTables(from: ByteCursor, heapMb: number): readonly Uint8Array[] {
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
  return tables;
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

/** The exports, and one more for each table and memory that the module declares. */
function withDeclared(own: ByteCursor, imported: Imported, tables: number, memories: readonly Limits[]): Uint8Array {
  const count = own.u32();
  const start = own.at;
  for (let left = count; left > 0; left--) {
    const name = own.name();
    if (name.startsWith(MEMORY_EXPORT) || name.startsWith(TABLE_EXPORT)) {
      throw new WasmError(`it exports ${name}: that name is the runner's own`);
    }
    own.byte();
    own.u32();
  }
  const more: Uint8Array[] = [];
  for (let index = 0; index < tables; index++) {
    more.push(exportOf(`${TABLE_EXPORT}${index}`, KIND.table, imported.tables + index));
  }
  for (const [index, { min }] of memories.entries()) {
    more.push(exportOf(`${MEMORY_EXPORT}${index}:${min}`, KIND.memory, imported.memories + index));
  }
  return Buffer.concat([Uint8Array.from(u32Bytes(count + more.length)), own.slice(start), ...more]);
}

function exportOf(name: string, kind: number, index: number): Uint8Array {
  const letters = Buffer.from(name);
  return Uint8Array.from([...u32Bytes(letters.length), ...letters, kind, ...u32Bytes(index)]);
}
