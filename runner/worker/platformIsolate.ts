import { randomBytes } from "node:crypto";
import { domainToASCII } from "node:url";
import ivm from "isolated-vm";
import { encodingIndex, isEncodingIndex } from "./encodingIndexes.ts";
import { DOMAIN_CHARS_MAX, type HostDomainToAscii, type HostEncodingIndex, type HostRandom } from "./hostPort.ts";
import { BOOT_GLOBAL, type BootFacts, type HostBody } from "./isolatePort.ts";
import type { HostNow } from "./sandbox.ts";

const RANDOM_POOL_BYTES = 16_384;
/** What filling it takes of the host, ms of CPU time. */
const RANDOM_POOL_MS = 0.04;
/** What giving an index of an encoding takes, ms of CPU time; making it is the process' own affair. */
const INDEX_MS = 0.05;
/** What a domain takes, for the square of its characters, ms of CPU time: Punycode's worst case. */
const DOMAIN_MS = { least: 0.002, perSquare: 4e-6 } as const;

/** Of an isolate that is nobody's yet, or not any more. */
const NOBODY: HostNow = { compute: () => "nobody does it", pay: () => "nobody pays for it" };

type Hear = (kind: number, call: number, id: number, text: string, body: HostBody) => void;

/** Makes isolates with the platform in them: from a snapshot where there is one, else by running its script. */
export class Platform {
  readonly #script: string;
  readonly #snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined;
  /** V8's code cache of the script, made by this process before any tenant code ran in it. */
  #cache: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor({ script, snapshot }: { script: string; snapshot: Uint8Array | undefined }) {
    this.#script = script;
    if (snapshot !== undefined) this.#snapshot = new ivm.ExternalCopy(new Uint8Array(snapshot).buffer);
  }

  async newIsolate(heapMb: number): Promise<PlatformIsolate> {
    const made = new PlatformIsolate(heapMb, this.#snapshot);
    await made.boot((isolate, context) => this.#evaluate(isolate, context));
    return made;
  }

  async #evaluate(isolate: ivm.Isolate, context: ivm.Context): Promise<void> {
    if (this.#snapshot !== undefined) return;
    const cache = this.#cache === undefined ? { produceCachedData: true } : { cachedData: this.#cache };
    const script = await isolate.compileScript(this.#script, { filename: "edge:platform", ...cache } as ivm.ScriptInfo);
    this.#cache ??= (script as { cachedData?: ivm.ExternalCopy<ArrayBuffer> }).cachedData;
    await script.run(context);
  }
}

/** An isolate with the platform booted in it; no function yet. */
export class PlatformIsolate {
  readonly isolate: ivm.Isolate;
  readonly heapMb: number;
  /** Whose isolate it is, for the last words of a process that V8 takes down. */
  owner = "no function";
  /** Who does small host work for it, and has it paid for. */
  host = NOBODY;
  /** Who hears what the isolate says. */
  hear: Hear = () => {};
  /** Memories of WebAssembly, as the platform has last seen them. */
  wasmBytes = 0;
  #heapBytes = 0;
  #context: ivm.Context | undefined;
  #enterNow: ivm.Reference | undefined;
  #enterLater: ivm.Reference | undefined;
  #configure: ivm.Reference | undefined;
  #run: ivm.Reference | undefined;

  constructor(heapMb: number, snapshot: ivm.ExternalCopy<ArrayBuffer> | undefined) {
    this.heapMb = heapMb;
    this.isolate = new ivm.Isolate({
      memoryLimit: heapMb,
      ...(snapshot && { snapshot }),
      // V8 cannot go on in this process; its owner answers for what was under way.
      onCatastrophicError: (message) => {
        process.stderr.write(`isolate of ${this.owner}: ${message}\n`);
        process.abort();
      },
    });
  }

  async boot(evaluate: (isolate: ivm.Isolate, context: ivm.Context) => Promise<void>): Promise<void> {
    const context = await this.isolate.createContext();
    await evaluate(this.isolate, context);
    // What has no form in JSON comes as undefined: an empty text is as little of anything.
    const textOf = (text: unknown) => (typeof text === "string" ? text : "");
    const hear: Hear = (kind, call, id, text, body) => this.hear(kind, call, id, textOf(text), body);
    const compute = new ivm.Callback<HostNow["compute"]>((call, text, input) =>
      this.host.compute(call, textOf(text), input),
    );
    const random = new ivm.Callback<HostRandom>(
      (call) => this.host.pay(call, RANDOM_POOL_MS) ?? new Uint8Array(randomBytes(RANDOM_POOL_BYTES)).buffer,
    );
    const domainToAscii = new ivm.Callback<HostDomainToAscii>((call, domain) => {
      if (typeof domain !== "string" || domain.length > DOMAIN_CHARS_MAX) return "";
      const unpaid = this.host.pay(call, DOMAIN_MS.least + DOMAIN_MS.perSquare * domain.length ** 2);
      if (unpaid !== undefined) return typeof unpaid === "number" ? unpaid : "";
      return domainToASCII(domain);
    });
    const index = new ivm.Callback<HostEncodingIndex>((call, name) => {
      if (!isEncodingIndex(name)) return "there is none";
      return this.host.pay(call, INDEX_MS) ?? encodingIndex(name);
    });
    const code = `const boot = globalThis.${BOOT_GLOBAL}; delete globalThis.${BOOT_GLOBAL}; return boot($0, $1, $2, $3, $4, $5);`;
    const sends = [new ivm.Callback(hear), new ivm.Callback(hear, { ignored: true })];
    const port = (await context.evalClosure(code, [...sends, random, compute, domainToAscii, index], {
      result: { reference: true },
    })) as ivm.Reference;
    const [now, later, configure, run] = await Promise.all(
      ["now", "later", "configure", "run"].map((name) => port.get(name, { reference: true })),
    );
    this.#context = context;
    this.#enterNow = now as ivm.Reference;
    this.#enterLater = later as ivm.Reference;
    this.#configure = configure as ivm.Reference;
    this.#run = run as ivm.Reference;
  }

  get context(): ivm.Context {
    return this.#context as ivm.Context;
  }

  /** What the function may know and use; before its code. @param modules what `facts.modules` names, in its order */
  configure(facts: BootFacts, modules: readonly (string | ivm.Copy<ArrayBuffer>)[]): void {
    const args = [JSON.stringify(facts), Date.now(), performance.now(), ...modules];
    (this.#configure as ivm.Reference).applySync(undefined, args);
  }

  /** Runs a module in its script form. @param factory the value of that script */
  async run(factory: ivm.Reference): Promise<void> {
    await (this.#run as ivm.Reference).apply(undefined, [factory.derefInto({ release: true })]);
  }

  /** Runs one entry and its microtasks on this thread. @throws what V8, a limit or the function throws */
  enterNow(args: unknown[], timeoutMs: number): void {
    (this.#enterNow as ivm.Reference).applySync(undefined, args, { timeout: timeoutMs });
  }

  /** Runs one entry and its microtasks on another thread; settles when they are over. */
  enterLater(args: unknown[]): Promise<unknown> {
    return (this.#enterLater as ivm.Reference).apply(undefined, args);
  }

  /** Heap, ArrayBuffers and memories of WebAssembly, bytes; only while nothing runs in it. */
  get heapBytes(): number {
    try {
      const { used_heap_size, externally_allocated_size } = this.isolate.getHeapStatisticsSync();
      this.#heapBytes = used_heap_size + externally_allocated_size + this.wasmBytes;
    } catch {
      // Rejections that nobody took, after the first of an entry, come out of whatever is asked next: they are the function's.
    }
    return this.#heapBytes;
  }

  /** V8 stops growth of its own heap, and knows nothing of what WebAssembly holds outside. */
  get isOverHeap(): boolean {
    return this.wasmBytes > this.heapMb * 1024 * 1024;
  }

  get isDisposed(): boolean {
    return this.isolate.isDisposed;
  }

  dispose(): void {
    this.host = NOBODY;
    if (!this.isolate.isDisposed) this.isolate.dispose();
  }
}
