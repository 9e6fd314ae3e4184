/** What the host's rewriting of modules and the platform inside isolates both know of WebAssembly. */

export const PAGE_BYTES = 65_536;
/** Entries that a table may grow to for each MB of the function's heap: V8 needs up to 24 bytes for one. */
export const TABLE_ENTRIES_PER_MB = 8_192;
/** Live instances, memories and tables in one isolate: each holds memory that no heap limit counts. */
export const WASM_OBJECTS_MAX = 100;
/**
 * Each memory that a module declares is imported from here instead, as `<number>:<first size>:<largest size>` in pages: the platform
 * makes it, and so knows of it even when the instance fails while it is made.
 */
export const MEMORY_IMPORTS = "edge:memories";
/** Each table that a module declares is exported under this name and its number, for the platform alone. */
export const TABLE_EXPORT = "edge:table:";
