import { MEMORY_EXPORT, PAGE_BYTES, TABLE_EXPORT } from "../../wasm/rules.ts";
import { apply, construct, getOwnPropertyDescriptor, sliceText } from "../primordials.ts";
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
const needs = newStamp<Needs>();

/** What a new instance of a module has outside of V8's heap. */
interface Needs {
  readonly bytes: number;
  /** Itself, its memories and its tables. */
  readonly objects: number;
}

interface ExportType {
  readonly name: string;
}

/** Takes V8's interface out of the reach of tenant code. */
export function captureNative(): void {
  const global = globalThis as unknown as { WebAssembly: NativeWebAssembly };
  captured = global.WebAssembly;
  ({ Module } = captured);
  exportTypes = getOwnPropertyDescriptor(Module, "exports")?.value;
}

export function native(): NativeWebAssembly {
  return captured as NativeWebAssembly;
}

/** Compiles a module of the release. @throws WebAssembly.CompileError */
export function newModule(bytes: ArrayBuffer): object {
  const module = construct(Module, [bytes]);
  let bytesOfMemories = 0;
  let objects = 1;
  const types = exportTypes(module);
  for (let index = types.length - 1; index >= 0; index--) {
    const { name } = types[index] as ExportType;
    if (!isOwnExport(name)) break;
    objects++;
    if (isMemoryExport(name)) bytesOfMemories += pagesIn(name) * PAGE_BYTES;
  }
  needs.put(module, { bytes: bytesOfMemories, objects });
  return module;
}

export function needsOf(module: unknown): Needs {
  return needs.of(module) ?? { bytes: 0, objects: 1 };
}

/** What a module exports, the platform's own left out: they come last. @throws TypeError for what is no module */
export function exportTypesOf(module: unknown): readonly ExportType[] {
  const types = apply(exportTypes, undefined, [module]);
  while (types.length > 0 && isOwnExport((types[types.length - 1] as ExportType).name)) types.length--;
  return types;
}

/** Whether an export is the platform's own. */
export function isOwnExport(name: string): boolean {
  return isMemoryExport(name) || sliceText(name, 0, TABLE_EXPORT.length) === TABLE_EXPORT;
}

export function isMemoryExport(name: string): boolean {
  return sliceText(name, 0, MEMORY_EXPORT.length) === MEMORY_EXPORT;
}

function pagesIn(name: string): number {
  let colon = name.length - 1;
  while (name[colon] !== ":") colon--;
  return +sliceText(name, colon + 1);
}
