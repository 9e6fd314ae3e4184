import { ByteCursor, u32Bytes } from "./byteCursor.ts";
import { MEMORY_IMPORTS, PAGE_BYTES, TABLE_ENTRIES_PER_MB, TABLE_EXPORT, WASM_OBJECTS_MAX } from "./rules.ts";
import { type Limits, readLimits, skipConstantExpression, skipValueType, WasmError } from "./types.ts";

const MAGIC_AND_VERSION: Uint8Array = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const MB = 1024 * 1024;

const SECTION = { import: 2, table: 4, memory: 5, export: 7 } as const;
/** Ids of the sections in the order in which the standard has them; custom ones stand anywhere. */
const ORDER: readonly number[] = [
  1,
  SECTION.import,
  3,
  SECTION.table,
  SECTION.memory,
  13,
  6,
  SECTION.export,
  8,
  9,
  12,
  10,
  11,
];
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const TABLE_WITH_INITIALISER = 0x40;

/**
 * A WebAssembly module that stays within a function's heap. Each memory and table that it declares gets a maximum in the bytes
 * themselves, which its own `memory.grow` heeds. The platform sees that they are there, and how large they have grown: memories are
 * imported from it, at the numbers that they had; tables are exported to it. All else is as it was; whether the code is valid is
 * for V8 to say.
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

interface Section {
  readonly id: number;
  readonly content: ByteCursor;
  /** With its head, as it was. */
  readonly bytes: Uint8Array;
}

function rewritten(bytes: Uint8Array, heapMb: number): Uint8Array {
  const sections = sectionsOf(bytes);
  const contentOf = (id: number) => sections.find((section) => section.id === id)?.content ?? noEntries();
  const memories = boundMemories(contentOf(SECTION.memory), heapMb);
  const tables = boundTables(contentOf(SECTION.table), heapMb);
  const imported = readImports(contentOf(SECTION.import));
  const exported = readExports(contentOf(SECTION.export));
  const objects = 1 + tables.length + memories.length;
  if (objects > WASM_OBJECTS_MAX) {
    throw new WasmError(
      `its memories and tables are ${objects} with their instance, the most is ${WASM_OBJECTS_MAX}; build it with fewer`,
    );
  }
  /** What stands in the place of a section, were it there or not. */
  const replaced = new Map<number, Uint8Array>();
  if (memories.length > 0) {
    replaced.set(SECTION.import, vector(memories.map(memoryImport), imported.all));
    replaced.set(SECTION.memory, new Uint8Array(0));
  }
  if (tables.length > 0) {
    replaced.set(SECTION.table, vector(tables));
    const own = tables.map((_, index) => exportOf(`${TABLE_EXPORT}${index}`, KIND.table, imported.tables + index));
    replaced.set(SECTION.export, vector(own, exported));
  }
  const parts: Uint8Array[] = [MAGIC_AND_VERSION];
  const replaceUpTo = (place: number) => {
    for (const id of [SECTION.import, SECTION.table, SECTION.memory, SECTION.export]) {
      const content = replaced.get(id);
      if (content === undefined || ORDER.indexOf(id) > place) continue;
      replaced.delete(id);
      if (content.length > 0) parts.push(...section(id, content));
    }
  };
  for (const { id, bytes } of sections) {
    const isReplaced = replaced.has(id);
    replaceUpTo(ORDER.indexOf(id));
    if (!isReplaced) parts.push(bytes);
  }
  replaceUpTo(ORDER.length);
  return Buffer.concat(parts);
}

function sectionsOf(bytes: Uint8Array): readonly Section[] {
  const from = new ByteCursor(bytes);
  if (MAGIC_AND_VERSION.some((byte) => from.byte() !== byte)) throw new WasmError("it is no WebAssembly module");
  const sections: Section[] = [];
  let last = -1;
  while (!from.isAtEnd) {
    const start = from.at;
    const id = from.byte();
    const content = from.part(from.u32());
    const place = ORDER.indexOf(id);
    if (place >= 0 && place <= last) throw new WasmError(`its section ${id} is not where it belongs`);
    last = Math.max(last, place);
    sections.push({ id, content, bytes: from.slice(start) });
  }
  return sections;
}

function noEntries(): ByteCursor {
  return new ByteCursor(Uint8Array.of(0));
}

function section(id: number, content: Uint8Array): Uint8Array[] {
  return [Uint8Array.from([id, ...u32Bytes(content.length)]), content];
}

/** Entries of a section as they are. */
interface Entries {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** @param already entries that the section has before them */
function vector(entries: readonly Uint8Array[], already: Entries = { count: 0, bytes: new Uint8Array(0) }): Uint8Array {
  return Buffer.concat([Uint8Array.from(u32Bytes(already.count + entries.length)), already.bytes, ...entries]);
}

/** What a module imports, its tables counted; what is imported is made, and bounded, by others. */
function readImports(from: ByteCursor): { readonly all: Entries; readonly tables: number } {
  let tables = 0;
  const count = from.u32();
  const start = from.at;
  for (let left = count; left > 0; left--) {
    if (from.name() === MEMORY_IMPORTS) {
      throw new WasmError(`it imports from ${MEMORY_IMPORTS}: that name is the runner's own`);
    }
    from.name();
    const kind = from.byte();
    if (kind === KIND.function) from.u32();
    else if (kind === KIND.table) {
      tables++;
      skipValueType(from);
      readLimits(from);
    } else if (kind === KIND.memory) {
      readLimits(from);
    } else if (kind === KIND.global) {
      skipValueType(from);
      from.byte();
    } else if (kind === KIND.tag) {
      from.byte();
      from.u32();
    } else throw new WasmError(`it has an import of the kind ${kind}, which is not known here`);
  }
  return { all: { count, bytes: from.slice(start) }, tables };
}

function readExports(from: ByteCursor): Entries {
  const count = from.u32();
  const start = from.at;
  for (let left = count; left > 0; left--) {
    const name = from.name();
    if (name.startsWith(TABLE_EXPORT)) throw new WasmError(`it exports ${name}: that name is the runner's own`);
    from.byte();
    from.u32();
  }
  return { count, bytes: from.slice(start) };
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
    tables.push(Buffer.concat([type, Uint8Array.from(limitsBytes(bounded(limits, most))), from.slice(after)]));
  }
  return tables;
}

/** Sizes of the memories that it declares, the largest ones bounded. */
function boundMemories(from: ByteCursor, heapMb: number): readonly BoundLimits[] {
  const most = (heapMb * MB) / PAGE_BYTES;
  const memories: BoundLimits[] = [];
  for (let left = from.u32(); left > 0; left--) {
    const limits = readLimits(from);
    if (limits.min > most) {
      const needsMb = Math.ceil((limits.min * PAGE_BYTES) / MB);
      throw new WasmError(
        `its memory begins with ${needsMb} MB, the function's heapMb is ${heapMb}; build it with less`,
      );
    }
    memories.push(bounded(limits, most));
  }
  return memories;
}

interface BoundLimits {
  readonly min: number;
  readonly max: number;
}

function bounded({ min, max }: Limits, most: number): BoundLimits {
  return { min, max: Math.min(max ?? most, most) };
}

function limitsBytes({ min, max }: BoundLimits): number[] {
  return [1, ...u32Bytes(min), ...u32Bytes(max)];
}

function memoryImport(limits: BoundLimits, index: number): Uint8Array {
  const name = `${index}:${limits.min}:${limits.max}`;
  return Uint8Array.from([...nameBytes(MEMORY_IMPORTS), ...nameBytes(name), KIND.memory, ...limitsBytes(limits)]);
}

function exportOf(name: string, kind: number, index: number): Uint8Array {
  return Uint8Array.from([...nameBytes(name), kind, ...u32Bytes(index)]);
}

function nameBytes(name: string): number[] {
  const letters = Buffer.from(name);
  return [...u32Bytes(letters.length), ...letters];
}
