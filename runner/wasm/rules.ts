/** What the host's rewriting of modules and the platform inside isolates both know of WebAssembly. */

export const PAGE_BYTES = 65_536;
/** Entries that a table may grow to for each MB of the function's heap: V8 needs up to 24 bytes for one. */
export const TABLE_ENTRIES_PER_MB = 8_192;
/** Live instances, memories and tables in one isolate: each holds memory that no heap limit counts. */
export const WASM_OBJECTS_MAX = 100;
/** Each memory that a module declares is exported under this name, its number and its first size in pages, for the platform alone. */
export const MEMORY_EXPORT = "edge:memory:";
/** The same for each table, by its number alone. */
export const TABLE_EXPORT = "edge:table:";
