import { MEMORY_IMPORTS, PAGE_BYTES, TABLE_EXPORT } from "../../wasm/rules.ts";
import { apply, construct, getOwnPropertyDescriptor, plainList, sliceText } from "../primordials.ts";
import { newStamp } from "./stamp.ts";

interface NativeClass {
  new (...args: never[]): object;
  readonly prototype: object;
}

/** V8's own interface, as it is before it is bounded. */
export interface NativeWebAssembly extends Record<string, unknown> {
  Module: NativeClass;
  Instance: NativeClass;
  Memory: NativeClass;
  Table: NativeClass;
  CompileError: new (message: string) => Error;
  validate(bytes: unknown): boolean;
}

let captured: NativeWebAssembly | undefined;
let Module: NativeClass;
let exportTypes: (module: unknown) => ExportType[];
let importTypes: (module: unknown) => ImportType[];
const needs = newStamp<Needs>();

/** What a new instance of a module has outside of V8's heap. */
export interface Needs {
  readonly bytes: number;
  /** Itself, its memories and its tables. */
  readonly objects: number;
  /** The memories that it declares. */
  readonly memories: readonly OwnMemory[];
  /** Whether it imports anything beside them. */
  readonly importsMore: boolean;
}

/** A memory that the platform makes for an instance, sizes in pages. */
interface OwnMemory {
  readonly name: string;
  readonly initial: number;
  readonly maximum: number;
}

interface ExportType {
  readonly name: string;
}

interface ImportType extends ExportType {
  readonly module: string;
}

const NO_NEEDS: Needs = { bytes: 0, objects: 1, memories: [], importsMore: false };

/** Takes V8's interface out of the reach of tenant code. */
export function captureNative(): void {
  const global = globalThis as unknown as { WebAssembly: NativeWebAssembly };
  captured = global.WebAssembly;
  ({ Module } = captured);
  exportTypes = getOwnPropertyDescriptor(Module, "exports")?.value;
  importTypes = getOwnPropertyDescriptor(Module, "imports")?.value;
}

export function native(): NativeWebAssembly {
  return captured as NativeWebAssembly;
}

/** Compiles a module of the release. @throws WebAssembly.CompileError */
export function newModule(bytes: ArrayBuffer): object {
  const module = construct(Module, [bytes]);
  const imports = importTypes(module);
  const memories = plainList<OwnMemory>();
  let bytesOfMemories = 0;
  let index = imports.length;
  for (; index > 0 && isOwnImport(imports[index - 1] as ImportType); index--) {
    const memory = memoryOf((imports[index - 1] as ImportType).name);
    memories[memories.length] = memory;
    bytesOfMemories += memory.initial * PAGE_BYTES;
  }
  const exports = exportTypes(module);
  const tables = exports.length - countWithout(exports, isOwnExport);
  const objects = 1 + memories.length + tables;
  needs.put(module, { bytes: bytesOfMemories, objects, memories, importsMore: index > 0 });
  return module;
}

export function needsOf(module: unknown): Needs {
  return needs.of(module) ?? NO_NEEDS;
}

/** What a module exports, the platform's own left out. @throws TypeError for what is no module */
export function exportTypesOf(module: unknown): readonly ExportType[] {
  const types = apply(exportTypes, undefined, [module]);
  types.length = countWithout(types, isOwnExport);
  return types;
}

/** The same for what it imports. */
export function importTypesOf(module: unknown): readonly ImportType[] {
  const types = apply(importTypes, undefined, [module]);
  types.length = countWithout(types, isOwnImport);
  return types;
}

/** Whether an export is the platform's own. */
export function isOwnExport({ name }: ExportType): boolean {
  return sliceText(name, 0, TABLE_EXPORT.length) === TABLE_EXPORT;
}

function isOwnImport({ module }: ImportType): boolean {
  return module === MEMORY_IMPORTS;
}

/** How many there are before the platform's own, which come last. */
function countWithout<Type>(types: readonly Type[], isOwn: (type: Type) => boolean): number {
  let count = types.length;
  while (count > 0 && isOwn(types[count - 1] as Type)) count--;
  return count;
}

function memoryOf(name: string): OwnMemory {
  const numbers = plainList<number>();
  numbers[0] = 0;
  for (let index = 0, at = 0; index < name.length; index++) {
    if (name[index] === ":") numbers[++at] = 0;
    else numbers[at] = (numbers[at] as number) * 10 + +(name[index] as string);
  }
  return { name, initial: numbers[1] as number, maximum: numbers[2] as number };
}
