import { randomBytes } from "node:crypto";
import ivm from "isolated-vm";
import type { FunctionSource } from "../protocol/messages.ts";
import type { CpuWatch } from "./cpuWatch.ts";
import { BOOT_GLOBAL, type BootFacts, type HostBody, REGISTER_GLOBAL, TO_HOST } from "./isolatePort.ts";
import { type Sandbox, type SandboxEvents, StartError, startReason } from "./sandbox.ts";

/** CPU time a module's top level may use, ms; Cloudflare grants 1 s. */
const START_CPU_MS = 1_000;
/** Wall time of a start, top-level await included, ms. */
const START_WALL_MS = 5_000;
/** Time that terminated code gets to end before its process is given up, ms. */
const STUCK_MS = 250;
const RANDOM_POOL_BYTES = 4_096;
const START_MODULE = `const take = globalThis.${REGISTER_GLOBAL}; delete globalThis.${REGISTER_GLOBAL}; export { take as register };`;
const MAIN_MODULE = 'import { register } from "edge:start"; import * as entry from "edge:entry"; register(entry);';

interface Entry {
  readonly call: number;
}

/** The platform's script with V8's code cache for it, made by this process before any tenant code ran in it. */
export class PlatformScript {
  readonly #source: string;
  #cache: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor(source: string) {
    this.#source = source;
  }

  async run(isolate: ivm.Isolate, context: ivm.Context): Promise<void> {
    const cache = this.#cache === undefined ? { produceCachedData: true } : { cachedData: this.#cache };
    const script = await isolate.compileScript(this.#source, { filename: "edge:platform", ...cache } as ivm.ScriptInfo);
    this.#cache ??= (script as { cachedData?: ivm.ExternalCopy<ArrayBuffer> }).cachedData;
    await script.run(context);
  }
}

interface SandboxParts {
  readonly source: FunctionSource;
  /** Text of each module by its name. */
  readonly modules: ReadonlyMap<string, string>;
  readonly platform: PlatformScript;
  readonly watch: CpuWatch;
  readonly events: SandboxEvents;
}

/**
 * A function version in an isolate of its own, with asynchronous entries. Each entry is an `apply` whose promise settles when
 * the entry and its microtasks are over; the first that has not settled is the one that runs.
 */
export class IsolateSandbox implements Sandbox {
  readonly #parts: SandboxParts;
  readonly #isolate: ivm.Isolate;
  readonly #cpuByCall = new Map<number, number>();
  #running: Entry[] = [];
  #chargedMs = 0;
  #suspect: Entry | undefined;
  #enter: ivm.Reference | undefined;
  #ended = false;
  #onStarted: ((error?: StartError) => void) | undefined;

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.#isolate = new ivm.Isolate({
      memoryLimit: parts.source.limits.heapMb,
      // V8 cannot go on in this process; its owner answers for what was under way.
      onCatastrophicError: (message) => {
        process.stderr.write(`isolate of ${parts.source.name}: ${message}\n`);
        process.abort();
      },
    });
  }

  async start(): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.#onStarted = (error) => (error === undefined ? resolve() : reject(error));
    });
    const limit = setTimeout(
      () => this.#onStarted?.(new StartError(`its top level did not end within ${START_WALL_MS} ms`)),
      START_WALL_MS,
    );
    const entry = this.#push(0);
    const loaded = this.#load()
      .catch((error) => {
        const heap = /memory limit/.test(String(error));
        const { heapMb } = this.#parts.source.limits;
        this.#onStarted?.(new StartError(heap ? `its top level used more than heapMb: ${heapMb}` : startReason(error)));
      })
      .finally(() => this.#settle(entry));
    try {
      await started;
      // The module may report before the last step of its loading is heard.
      await loaded;
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      clearTimeout(limit);
      this.#onStarted = undefined;
    }
  }

  enter(kind: number, call: number, id: number, text: string, body?: Buffer): void {
    if (this.#ended || this.#enter === undefined) return;
    const entry = this.#push(call);
    const args: unknown[] = [kind, call, id, text];
    if (body !== undefined) {
      const copy = new Uint8Array(body).buffer;
      args.push(
        new ivm.ExternalCopy(copy, { transferOut: true } as ivm.ExternalCopyOptions).copyInto({
          release: true,
          transferIn: true,
        }),
      );
    }
    this.#enter.apply(undefined, args).then(
      () => this.#settle(entry),
      (error) => this.#entryFailed(entry, error),
    );
  }

  cpuMs(call: number): number {
    return this.#cpuByCall.get(call) ?? 0;
  }

  forget(call: number): void {
    this.#cpuByCall.delete(call);
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.watch.remove(this);
    if (!this.#isolate.isDisposed) this.#isolate.dispose();
    const [head] = this.#running;
    if (head === undefined) return;
    setTimeout(() => {
      // Builtins such as a huge fill() do not hear a termination, and a heap that passed its limit may go on growing.
      if (this.#running.includes(head)) this.#parts.events.stuck();
    }, STUCK_MS);
  }

  /** Called every few milliseconds while an entry runs. */
  poll(): void {
    const [head] = this.#running;
    if (head === undefined || this.#ended) return;
    if (this.#isolate.isDisposed) {
      this.#lose("heap", head, this.cpuMs(head.call));
      return;
    }
    const limitMs = this.#enter === undefined ? START_CPU_MS : this.#parts.source.limits.cpuMs;
    const usedMs = this.cpuMs(head.call) + this.#isolateCpuMs() - this.#chargedMs;
    // Twice in a row: when this thread was held up, settled entries wait to be heard and must not be charged to the head.
    if (usedMs <= limitMs || this.#suspect !== head) {
      this.#suspect = usedMs > limitMs ? head : undefined;
      return;
    }
    this.#lose("cpu", head, usedMs);
  }

  async #load(): Promise<void> {
    const { source, platform } = this.#parts;
    const context = await this.#isolate.createContext();
    await platform.run(this.#isolate, context);
    const send = new ivm.Callback(
      (kind: number, call: number, id: number, text: string, body: HostBody) => this.#hear(kind, call, id, text, body),
      { ignored: true },
    );
    const random = new ivm.Callback(() => new Uint8Array(randomBytes(RANDOM_POOL_BYTES)).buffer);
    const facts: BootFacts = { env: source.env, responseBodyBytes: source.limits.responseBodyBytes };
    const boot = `const boot = globalThis.${BOOT_GLOBAL}; delete globalThis.${BOOT_GLOBAL}; return boot($0, $1, $2);`;
    const enter = await context.evalClosure(boot, [send, random, JSON.stringify(facts)], {
      result: { reference: true },
    });
    await this.#loadModules(context);
    this.#enter = enter as ivm.Reference;
  }

  async #loadModules(context: ivm.Context): Promise<void> {
    const isolate = this.#isolate;
    const { source, modules } = this.#parts;
    const names = new Map<ivm.Module, string>();
    const compiled = new Map<string, ivm.Module>();
    for (const [name, text] of modules) {
      const module = await isolate.compileModule(text, { filename: name });
      compiled.set(name, module);
      names.set(module, name);
    }
    const start = await isolate.compileModule(START_MODULE, { filename: "edge:start" });
    const main = await isolate.compileModule(MAIN_MODULE, { filename: "edge:main" });
    await main.instantiate(context, (specifier, referrer) => {
      if (referrer === main) return specifier === "edge:start" ? start : (compiled.get(source.entry) as ivm.Module);
      const from = names.get(referrer) ?? "";
      const found = compiled.get(resolveModule(specifier, from));
      if (found === undefined) throw new Error(`cannot import ${JSON.stringify(specifier)} [${from}:1:1]`);
      return found;
    });
    await main.evaluate();
  }

  #hear(kind: number, call: number, id: number, text: string, body: HostBody): void {
    if (this.#ended) return;
    if (kind === TO_HOST.started) this.#onStarted?.();
    else if (kind === TO_HOST.startFailed) this.#onStarted?.(new StartError(text));
    else this.#parts.events.message(kind, call, id, text, body);
  }

  #push(call: number): Entry {
    const entry = { call };
    this.#running.push(entry);
    if (this.#running.length === 1) this.#parts.watch.add(this);
    return entry;
  }

  #settle(entry: Entry): void {
    this.#running = this.#running.filter((found) => found !== entry);
    if (this.#ended || this.#isolate.isDisposed) return;
    const now = this.#isolateCpuMs();
    this.#cpuByCall.set(entry.call, this.cpuMs(entry.call) + now - this.#chargedMs);
    this.#chargedMs = now;
    if (this.#running.length === 0) this.#parts.watch.remove(this);
  }

  /** An error that no promise took (a timer's callback, say) is the function's own affair; a lost isolate is not. */
  #entryFailed(entry: Entry, error: unknown): void {
    if (!this.#ended && this.#isolate.isDisposed) {
      this.#running = this.#running.filter((found) => found !== entry);
      this.#lose("heap", entry, this.cpuMs(entry.call));
      return;
    }
    this.#settle(entry);
    if (!this.#ended) this.#parts.events.message(TO_HOST.log, entry.call, 3, startReason(error), undefined);
  }

  #lose(exit: "cpu" | "heap", head: Entry, usedMs: number): void {
    this.dispose();
    const { limits } = this.#parts.source;
    const used = exit === "heap" ? `heapMb: ${limits.heapMb}` : `${START_CPU_MS} ms of CPU time`;
    if (this.#onStarted !== undefined) this.#onStarted(new StartError(`its top level used more than ${used}`));
    else this.#parts.events.lost(exit, head.call, usedMs);
  }

  #isolateCpuMs(): number {
    return Number(this.#isolate.cpuTime) / 1e6;
  }
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
