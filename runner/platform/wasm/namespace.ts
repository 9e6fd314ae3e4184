import { bytesOf } from "../encoding.ts";
import { apply, defineProperty, defineValue, deleteProperty, ownKeys, withConstructor } from "../primordials.ts";
import { boundInstance } from "./instances.ts";
import { boundMemory, boundTable } from "./memories.ts";
import { captureNative, exportTypesOf, importTypesOf, type NativeWebAssembly, native } from "./native.ts";

/** Larger modules are valid nowhere here: those of a release are checked when it is made. */
const VALIDATED_BYTES_MAX = 65_536;
/** V8's stacks for suspended code are in no limit. */
const REMOVED = ["Suspending", "SuspendError", "promising"];

/**
 * Puts WebAssembly within the function's limits. Modules are those of the release; V8's asynchronous functions, which need the
 * embedder's event loop and hang or end the process here, become ones over the constructors.
 */
export function boundWebAssembly(): void {
  captureNative();
  const accessor = {
    __proto__: null,
    configurable: true,
    get: () => {
      const namespace = webAssembly();
      defineValue(globalThis, "WebAssembly", namespace);
      return namespace;
    },
    set: (value: unknown) => defineValue(globalThis, "WebAssembly", value),
  };
  defineProperty(globalThis, "WebAssembly", accessor as unknown as PropertyDescriptor);
}

let namespace: object | undefined;

/** Made when it is used first: by its name, or by a module, whose prototype leads to its class. */
export function webAssembly(): object {
  namespace ??= boundNamespace(native());
  return namespace;
}

function boundNamespace(v8: NativeWebAssembly): object {
  const { CompileError, Module, validate } = v8;
  const fromBytes = (what: string): Error =>
    new CompileError(`WebAssembly.${what}: code comes with the release: import module from "./module.wasm"`);
  const Instance = boundInstance(v8) as new (module: unknown, imports?: unknown) => object;
  const statics = {
    exports: (module: unknown) => exportTypesOf(module),
    imports: (module: unknown) => importTypesOf(module),
  };
  defineValue(Module, "exports", statics.exports, true);
  defineValue(Module, "imports", statics.imports, true);
  const BoundModule = withConstructor(Module, (args) => {
    requireBytes(args[0], "Module()");
    throw fromBytes("Module()");
  });
  defineValue(Module.prototype, "constructor", BoundModule);

  const methods = {
    async compile(bytes: unknown): Promise<never> {
      requireBytes(bytes, "compile()");
      throw fromBytes("compile()");
    },
    async compileStreaming(source: unknown): Promise<never> {
      await source;
      throw fromBytes("compileStreaming()");
    },
    async instantiate(source: unknown, imports: unknown = undefined): Promise<object> {
      if (!isModule(source)) {
        requireBytes(source, "instantiate()");
        throw fromBytes("instantiate()");
      }
      await undefined;
      return new Instance(source, imports);
    },
    async instantiateStreaming(source: unknown): Promise<never> {
      await source;
      throw fromBytes("instantiateStreaming()");
    },
    validate(bytes: unknown): boolean {
      const given = requireBytes(bytes, "validate()");
      return given.byteLength <= VALIDATED_BYTES_MAX && apply(validate, v8, [given]);
    },
  };
  const names = ownKeys(methods) as (keyof typeof methods)[];
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as keyof typeof methods;
    defineValue(v8, name, methods[name], true);
  }
  defineValue(v8, "Module", BoundModule);
  defineValue(v8, "Instance", Instance);
  defineValue(v8, "Memory", boundMemory(v8));
  defineValue(v8, "Table", boundTable(v8));
  for (let index = 0; index < REMOVED.length; index++) deleteProperty(v8, REMOVED[index] as string);
  return v8;

  function isModule(value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    try {
      exportTypesOf(value);
      return true;
    } catch {
      return false;
    }
  }
}

function requireBytes(value: unknown, what: string): Uint8Array {
  const bytes = bytesOf(value);
  if (bytes === undefined) throw new TypeError(`WebAssembly.${what}: the first argument is no buffer`);
  return bytes;
}
