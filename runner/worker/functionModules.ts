import ivm from "isolated-vm";
import type { FunctionSource } from "../protocol/messages.ts";
import { boundModule } from "../wasm/boundModule.ts";
import { StartError } from "./sandbox.ts";

/** What code imports that is no code itself, as each isolate of the function gets it. */
export interface ImportedModule {
  readonly name: string;
  readonly type: "wasm" | "text" | "data";
  readonly value: string | ivm.ExternalCopy<ArrayBuffer> | StartError;
}

/** The modules of a function version as a worker has them. */
export interface FunctionModules {
  /** Text of the code by name. */
  readonly code: ReadonlyMap<string, string>;
  readonly imported: readonly ImportedModule[];
}

/** Parts the body of a `load` frame. WebAssembly that cannot run is no fault of the frame: it refuses the function's start. */
export function splitModules({ modules, limits }: FunctionSource, body: Buffer): FunctionModules {
  const code = new Map<string, string>();
  const imported: ImportedModule[] = [];
  let at = 0;
  for (const { name, type, bytes } of modules) {
    const content = body.subarray(at, at + bytes);
    at += bytes;
    if (type === "esm") code.set(name, content.toString("utf8"));
    else if (type === "text") imported.push({ name, type, value: content.toString("utf8") });
    else if (type === "data") imported.push({ name, type, value: outside(content) });
    else imported.push({ name, type, value: bounded(name, content, limits.heapMb) });
  }
  return { code, imported };
}

function bounded(name: string, content: Uint8Array, heapMb: number): ImportedModule["value"] {
  try {
    return outside(boundModule(content, heapMb));
  } catch (error) {
    return new StartError(`the module ${name} cannot run: ${(error as Error).message}`);
  }
}

/** Kept once for all isolates of the function; each gets a copy of its own. */
function outside(content: Uint8Array): ivm.ExternalCopy<ArrayBuffer> {
  return new ivm.ExternalCopy(new Uint8Array(content).buffer);
}
