/** What of the WebAssembly JavaScript interface the runner and its functions use; TypeScript has it in the browser's library only. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Table {
    readonly length: number;
    get(index: number): unknown;
    grow(entries: number, value?: unknown): number;
    set(index: number, value?: unknown): void;
  }
  // biome-ignore lint/suspicious/noExplicitAny: what a module exports is known to its importer alone.
  type Exports = Readonly<Record<string, any>>;
  interface Instance {
    readonly exports: Exports;
  }
  type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const Instance: { new (module: Module, imports?: Imports): Instance; readonly prototype: Instance };
  const CompileError: ErrorConstructor;
  const Module: {
    new (bytes: ArrayBuffer | Uint8Array): Module;
    readonly prototype: Module;
    imports(module: Module): { readonly module: string; readonly name: string; readonly kind: string }[];
  };
  const Memory: { new (type: { initial: number; maximum?: number }): Memory; readonly prototype: Memory };
  const Table: { new (type: { element: string; initial: number; maximum?: number }): Table; readonly prototype: Table };
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
