import type ivm from "isolated-vm";
import type { FunctionSource } from "../protocol/messages.ts";
import { type BootFacts, REGISTER_GLOBAL } from "./isolatePort.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";

const START_MODULE = `const take = globalThis.${REGISTER_GLOBAL}; delete globalThis.${REGISTER_GLOBAL}; export { take as register };`;
const MAIN_MODULE = 'import { register } from "edge:start"; import * as entry from "edge:entry"; register(entry);';

/** The compiled form of a function's one module, made by the compiler and kept by the router. */
export interface CompiledForm {
  readonly script: string;
  readonly cache: ivm.ExternalCopy<ArrayBuffer>;
}

/** A function version as a worker has it: what the router sent, its modules' text by name. */
export interface LoadedSource {
  readonly source: FunctionSource;
  readonly modules: ReadonlyMap<string, string>;
  readonly compiled: CompiledSlot;
}

/** Where the compiled form is found once it has come, some time after the source. */
export interface CompiledSlot {
  form: CompiledForm | undefined;
  /** Hears whether V8 took its code cache. */
  readonly taken: (isTaken: boolean) => void;
}

/**
 * Puts a function into an isolate and runs its top level, in its compiled form where there is one; the platform reports
 * whether it is a function.
 *
 * @throws what V8 or the top level throws
 */
export async function loadFunction(into: PlatformIsolate, loaded: LoadedSource): Promise<void> {
  const { source, compiled } = loaded;
  const { env, bindings, limits, passThrough } = source;
  const facts: BootFacts = { env, bindings, limits, passThrough };
  const { form } = compiled;
  const [script] = await Promise.all([form && compileForm(into, source.entry, form), into.configure(facts)]);
  if (script === undefined) return loadModules(into, loaded);
  const isTaken = !script.cachedDataRejected;
  compiled.taken(isTaken);
  if (!isTaken) {
    compiled.form = undefined;
    return loadModules(into, loaded);
  }
  await into.run((await script.run(into.context, { reference: true })) as ivm.Reference);
}

function compileForm({ isolate }: PlatformIsolate, filename: string, { script, cache }: CompiledForm) {
  // The script has a line before the module's first.
  const compiling = isolate.compileScript(script, { filename, lineOffset: -1, cachedData: cache });
  return compiling as Promise<ivm.Script & { cachedDataRejected?: boolean }>;
}

async function loadModules(into: PlatformIsolate, { source, modules }: LoadedSource): Promise<void> {
  const { isolate, context } = into;
  const names = new Map<ivm.Module, string>();
  const compiled = new Map<string, ivm.Module>();
  const compile = async (name: string, text: string) => {
    const module = await isolate.compileModule(text, { filename: name });
    names.set(module, name);
    compiled.set(name, module);
    return module;
  };
  // All asked for at once: each wait for the isolate's thread costs as much as a small module.
  const [start, main] = await Promise.all([
    compile("edge:start", START_MODULE),
    compile("edge:main", MAIN_MODULE),
    ...[...modules].map(([name, text]) => compile(name, text)),
  ]);
  await main.instantiate(context, (specifier, referrer) => {
    if (referrer === main) return specifier === "edge:start" ? start : (compiled.get(source.entry) as ivm.Module);
    const from = names.get(referrer) ?? "";
    const found = modules.has(resolveModule(specifier, from)) && compiled.get(resolveModule(specifier, from));
    if (!found)
      throw new Error(`cannot import ${JSON.stringify(specifier)} [${importPlace(modules, from, specifier)}]`);
    return found;
  });
  await main.evaluate();
}

/** File, line and column of an import, for whoever has to mend it. */
export function importPlace(modules: ReadonlyMap<string, string>, file: string, specifier: string): string {
  const text = modules.get(file) ?? "";
  const quoted = [...text.matchAll(/\b(?:from|import)\s*(["'])(.*?)\1/g)].find(([, , name]) => name === specifier);
  const lines = text.slice(0, quoted?.index ?? 0).split("\n");
  return `${file}:${lines.length}:${(lines.at(-1) as string).length + 1}`;
}

/** `./lib/a.mjs` seen from `index.mjs`; anything that is not relative names no module of the function. */
export function resolveModule(specifier: string, from: string): string {
  if (!specifier.startsWith("./") && !specifier.startsWith("../")) return "";
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
