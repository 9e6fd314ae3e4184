import { readFileSync } from "node:fs";
import { extname, relative } from "node:path";
import { sha256Hex } from "@edge-fleet/runner/release/manifest";
import { MODULES_IMPORT } from "@edge-fleet/runner/release/modulesImport";
import type { ModuleType } from "@edge-fleet/runner/release/types";
import { boundModule } from "@edge-fleet/runner/wasm/boundModule";
import { WasmError } from "@edge-fleet/runner/wasm/types";
import type { PartialMessage, Plugin } from "esbuild";

type ImportedType = Extract<ModuleType, "wasm" | "text" | "data">;

/** What an import gives by the end of its path; a `?` says it for any file. */
const TYPES: Readonly<Record<string, ImportedType>> = {
  ".wasm": "wasm",
  ".txt": "text",
  ".html": "text",
  ".md": "text",
  ".sql": "text",
  ".bin": "data",
  "?module": "wasm",
  "?text": "text",
  "?data": "data",
};
const IMPORTED = /(\.(wasm|txt|html|md|sql|bin)|\?(module|text|data))$/;
const NAMESPACE = "edge-module";
const EXTENSIONS: Readonly<Record<ImportedType, string>> = { wasm: "wasm", text: "txt", data: "bin" };

/** A file that a function imports as something other than code. */
export interface ImportedModule {
  /** Name in the release: equal contents are one module. */
  readonly name: string;
  readonly type: ImportedType;
  readonly bytes: Uint8Array;
  /** The file, relative to the project. */
  readonly file: string;
}

/** Imports of WebAssembly, text and data: each is a module of its own in the release, which the platform hands over by name. */
export class ModuleImports {
  readonly #projectDir: string;
  readonly #heapMb: number;
  /** By the name under which esbuild lists them. */
  readonly #found = new Map<string, ImportedModule>();

  /** @param heapMb the function's: WebAssembly that needs more is refused. */
  constructor(projectDir: string, heapMb: number) {
    this.#projectDir = projectDir;
    this.#heapMb = heapMb;
  }

  readonly plugin: Plugin = {
    name: "module-imports",
    setup: ({ onResolve, onLoad, resolve }) => {
      onResolve({ filter: IMPORTED }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === NAMESPACE) return undefined;
        const [file = "", query] = path.split("?");
        const type = TYPES[query === undefined ? extname(path) : `?${query}`];
        const found = await resolve(file, { importer, resolveDir, kind, pluginData: NAMESPACE });
        if (found.errors.length > 0) return { errors: found.errors };
        const inProject = relative(this.#projectDir, found.path);
        return { path: `${inProject}?${type}`, namespace: NAMESPACE, pluginData: found.path, sideEffects: false };
      });
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path, pluginData }) => {
        const [file = "", type] = path.split("?") as [string, ImportedType];
        const bytes = readFileSync(pluginData as string);
        const errors = this.#faults(type, bytes, file);
        if (errors.length > 0) return { errors };
        const name = `${sha256Hex(bytes).slice(0, 16)}.${EXTENSIONS[type]}`;
        this.#found.set(`${NAMESPACE}:${path}`, { name, type, bytes, file });
        return { contents: `export default /* @__PURE__ */ ${MODULES_IMPORT.local}("${name}");`, loader: "js" };
      });
    },
  };

  /** Those of the listed inputs that are such modules. */
  among(inputs: Iterable<string>): ImportedModule[] {
    return [...inputs].flatMap((input) => this.#found.get(input) ?? []);
  }

  /** The file behind an input of esbuild's list, relative to the project. */
  fileOf(input: string): string {
    return this.#found.get(input)?.file ?? input;
  }

  #faults(type: ImportedType, bytes: Uint8Array, file: string): PartialMessage[] {
    const fault = (text: string) => [{ text, location: { file, line: 1, column: 0 } }];
    if (type === "text" && !isUtf8(bytes)) return fault(`is not text in UTF-8; import it with ?data`);
    if (type !== "wasm") return [];
    try {
      boundModule(bytes, this.#heapMb);
      return [];
    } catch (error) {
      if (!(error instanceof WasmError)) throw error;
      return fault(`cannot be imported as WebAssembly: ${error.message}`);
    }
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
