import { setFlagsFromString } from "node:v8";
import ivm from "isolated-vm";
import { scriptForm } from "./scriptForm.ts";

/** Where V8's code cache has the hash of the flags under which it was made. */
const FLAGS_HASH = { from: 12, to: 16 };
/** Larger than any limit of a function, so that compiling fails for no function that could run. */
const HEAP_MB = 256;

export interface CompiledScript {
  /** The module in its script form. */
  readonly script: string;
  /** V8's code cache of all its functions. */
  readonly cache: Uint8Array;
}

/** Compiles modules without ever running them. */
export class Compiler {
  readonly #snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;
  readonly #lazyHash: Uint8Array;

  /** @param snapshot that of the isolates in which the code will run: V8 takes no other's cache. */
  constructor(snapshot: Uint8Array | undefined) {
    if (snapshot !== undefined) this.#snapshot = new ivm.ExternalCopy(new Uint8Array(snapshot).buffer);
    const empty = this.#inIsolate((isolate) => cacheOf(isolate, "0"));
    this.#lazyHash = empty.slice(FLAGS_HASH.from, FLAGS_HASH.to);
  }

  /** @throws SyntaxError of the module, or an Error where it has no script form or V8 does not take its own cache back. */
  compile(module: string): CompiledScript {
    this.#inIsolate((isolate) => isolate.compileModuleSync(module));
    const script = scriptForm(module);
    if (script === undefined) throw new Error("it has no script form");
    const cache = this.#eagerly((isolate) => cacheOf(isolate, script));
    // Made under another flag than it is used under, on purpose: all functions are in it, not just those that ran.
    cache.set(this.#lazyHash, FLAGS_HASH.from);
    const isTaken = this.#inIsolate((isolate) => {
      const cachedData = new ivm.ExternalCopy(cache.slice().buffer);
      const compiled = isolate.compileScriptSync(script, { cachedData }) as { cachedDataRejected?: boolean };
      return compiled.cachedDataRejected === false;
    });
    if (!isTaken) throw new Error("V8 rejects the cache that it made");
    return { script, cache };
  }

  #eagerly<T>(use: (isolate: ivm.Isolate) => T): T {
    setFlagsFromString("--no-lazy");
    try {
      return this.#inIsolate(use);
    } finally {
      setFlagsFromString("--lazy");
    }
  }

  #inIsolate<T>(use: (isolate: ivm.Isolate) => T): T {
    const isolate = new ivm.Isolate({ memoryLimit: HEAP_MB, ...(this.#snapshot && { snapshot: this.#snapshot }) });
    try {
      return use(isolate);
    } finally {
      isolate.dispose();
    }
  }
}

function cacheOf(isolate: ivm.Isolate, script: string): Uint8Array {
  const compiled = isolate.compileScriptSync(script, { produceCachedData: true });
  const { cachedData } = compiled as { cachedData?: ivm.ExternalCopy<ArrayBuffer> };
  if (cachedData === undefined) throw new Error("V8 made no cache");
  return new Uint8Array(cachedData.copy());
}
