import type ivm from "isolated-vm";
import type { FunctionSource } from "../protocol/messages.ts";
import { MODULES_IMPORT } from "../release/modulesImport.ts";
import type { FunctionModules } from "./functionModules.ts";
import { type BootFacts, REGISTER_GLOBAL } from "./isolatePort.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";
import { StartError } from "./sandbox.ts";

const START_MODULE = `const { register, moduleValue } = globalThis.${REGISTER_GLOBAL}; delete globalThis.${REGISTER_GLOBAL}; export { register, moduleValue };`;
const MODULES_MODULE = 'export { moduleValue as default } from "edge:start";';
const MAIN_MODULE = 'import { register } from "edge:start"; import * as entry from "edge:entry"; register(entry);';

/** The compiled form of a function's one module, made by the compiler and kept by the router. */
export interface CompiledForm {
  readonly script: string;
  readonly cache: ivm.ExternalCopy<ArrayBuffer>;
}

/** A function version as a worker has it: what the router sent. */
export interface LoadedSource {
  readonly source: FunctionSource;
  readonly modules: FunctionModules;
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
  const { source, modules, compiled } = loaded;
  const values = modules.imported.map(({ value }) => {
    if (value instanceof StartError) throw value;
    return typeof value === "string" ? value : value.copyInto();
  });
  const { env, bindings, limits, isScheduled, passThrough } = source;
  const imported = modules.imported.map(({ name, type }) => ({ name, type }));
  const facts: BootFacts = { env, bindings, limits, isScheduled, passThrough, modules: imported };
  into.configure(facts, values);
  const factory = compiled.form && (await factoryOf(into, source.entry, compiled.form));
  if (compiled.form !== undefined) compiled.taken(factory !== undefined);
  if (factory !== undefined) return into.run(factory);
  compiled.form = undefined;
  await loadModules(into, loaded);
}

/** Source whose code cache is read on this thread, characters: it takes a millisecond for some 200,000, and a wait for another thread a tenth of one. */
const READ_HERE_CHARS_MAX = 512 * 1024;

/**
 * What runs the module; nothing of the function's runs yet.
 *
 * @returns undefined when V8 does not take the cache.
 */
async function factoryOf(
  { isolate, context }: PlatformIsolate,
  filename: string,
  { script, cache }: CompiledForm,
): Promise<ivm.Reference | undefined> {
  // The script has a line before the module's first.
  const info = { filename, lineOffset: -1, cachedData: cache };
  const isShort = script.length <= READ_HERE_CHARS_MAX;
  const compiled = isShort ? isolate.compileScriptSync(script, info) : await isolate.compileScript(script, info);
  const { cachedDataRejected } = compiled as { cachedDataRejected?: boolean };
  return cachedDataRejected ? undefined : (compiled.runSync(context, { reference: true }) as ivm.Reference);
}

async function loadModules(
  into: PlatformIsolate,
  { source, modules: { code, imported } }: LoadedSource,
): Promise<void> {
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
  const [start, main, others] = await Promise.all([
    compile("edge:start", START_MODULE),
    compile("edge:main", MAIN_MODULE),
    imported.length > 0 ? compile(MODULES_IMPORT.specifier, MODULES_MODULE) : undefined,
    ...[...code].map(([name, text]) => compile(name, text)),
  ]);
  await main.instantiate(context, (specifier, referrer) => {
    if (referrer === main) return specifier === "edge:start" ? start : (compiled.get(source.entry) as ivm.Module);
    if (specifier === MODULES_IMPORT.specifier && others !== undefined) return others;
    if (referrer === others) return start;
    const from = names.get(referrer) ?? "";
    const found = code.has(resolveModule(specifier, from)) && compiled.get(resolveModule(specifier, from));
    if (!found) throw new Error(`cannot import ${JSON.stringify(specifier)} [${importPlace(code, from, specifier)}]`);
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
