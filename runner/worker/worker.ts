import { availableParallelism, loadavg } from "node:os";
import ivm from "isolated-vm";
import type { IsolatePoolConfig } from "../config.ts";
import { IdTable } from "../idTable.ts";
import type { Link } from "../protocol/link.ts";
import type { Frame, FunctionSource } from "../protocol/messages.ts";
import type { BrokerClient } from "./brokerClient.ts";
import { CpuWatch } from "./cpuWatch.ts";
import { DispatchMode } from "./dispatchMode.ts";
import type { CompiledSlot, LoadedSource } from "./functionLoader.ts";
import { type FunctionModules, splitModules } from "./functionModules.ts";
import { FunctionRuntime } from "./functionRuntime.ts";
import { HoldUps } from "./holdUps.ts";
import { JobQueue } from "./hostWork/jobQueue.ts";
import { IsolatePool } from "./isolatePool.ts";
import { IsolateSandbox } from "./isolateSandbox.ts";
import type { Platform, PlatformIsolate } from "./platformIsolate.ts";
import { endsInTime } from "./probe.ts";
import type { SandboxEvents } from "./sandbox.ts";
import type { SandboxHost } from "./sandboxParts.ts";
import { SpareIsolates } from "./spareIsolates.ts";
import { Turn } from "./turn.ts";

const SWEEP_MS = 500;
const STATS_MS = 500;
/** After a request, for the next one of a client that has one at hand. */
const ROOM_AFTER_MS = 5;

interface WorkerParts {
  readonly link: Pick<Link, "send" | "give" | "flush">;
  readonly broker: BrokerClient;
  readonly platform: Platform;
  readonly isolates: IsolatePoolConfig;
  /** Resident size above which the process is replaced, bytes. */
  readonly memoryBytes: number;
  /** Ends the process soon: it runs code that nothing can stop. */
  retire(): void;
}

interface NewSandbox extends LoadedSource {
  readonly key: number;
  readonly mode: DispatchMode;
  readonly events: SandboxEvents;
  readonly isTrial: boolean;
}

/** What one worker process does: function versions by key, their isolates, and the frames to and from the router. */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #host: SandboxHost;
  readonly #pool: IsolatePool;
  /** Sandboxes that have an isolate or wait for one, and the key of each one's function. */
  readonly #sandboxes = new Map<IsolateSandbox, number>();
  readonly #spares: SpareIsolates<PlatformIsolate>;
  readonly #jobs: JobQueue;
  readonly #runtimes = new Map<number, FunctionRuntime>();
  readonly #compiled = new Map<number, CompiledSlot>();
  readonly #runtimeByCall = new IdTable<FunctionRuntime>();
  /** Calls of this turn that the router has not been told of yet. */
  #beginning: number[] = [];
  #entries: (() => void)[] = [];
  #makesRoom = false;
  #retiring = false;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    const watch = new CpuWatch();
    this.#host = { watch, turn: new Turn(() => parts.link.flush()), holdUps: new HoldUps() };
    this.#jobs = new JobQueue(watch);
    this.#pool = new IsolatePool({
      max: parts.isolates.max,
      idleMs: parts.isolates.idleMs,
      memoryBytes: parts.memoryBytes,
      residentBytes: () => process.memoryUsage.rss(),
      nowMs: () => performance.now(),
    });
    this.#spares = new SpareIsolates({
      count: parts.isolates.spare,
      newIsolate: (heapMb) => watch.alsoRuns(parts.platform.newIsolate(heapMb)),
      isIdle: () => this.#runtimeByCall.size === 0,
    });
    this.#noteLoad();
    setInterval(() => this.#pool.sweep(), SWEEP_MS).unref();
    setInterval(() => this.#sendStats(), STATS_MS).unref();
  }

  hear(frame: Frame): void {
    switch (frame.kind) {
      case "load":
        this.#spares.expect(frame.meta.limits.heapMb);
        this.#runtimes.set(frame.id, this.#newRuntime(frame.id, frame.meta, splitModules(frame.meta, frame.body)));
        return;
      case "script":
        this.#takeCompiled(frame);
        return;
      case "unload":
        this.#unload(frame.id);
        return;
      case "probe":
        void this.#probe(frame.id, frame.meta.keep);
        return;
      case "invoke":
        this.#invoke(frame.id, frame);
        return;
      case "cancel":
        this.#runtimeByCall.get(frame.id)?.cancel(frame.id);
        return;
      case "part":
      case "partEnd":
      case "partFailed":
      case "credit":
        this.#runtimeByCall.get(frame.id)?.hearBody(frame);
        return;
    }
  }

  #takeCompiled({ id, meta, body }: Extract<Frame, { kind: "script" }>): void {
    const slot = this.#compiled.get(id);
    if (slot === undefined) return;
    const cache = new Uint8Array(body.subarray(meta.scriptBytes)).buffer;
    slot.form = { script: body.toString("utf8", 0, meta.scriptBytes), cache: new ivm.ExternalCopy(cache) };
  }

  #unload(key: number): void {
    const runtime = this.#runtimes.get(key);
    this.#compiled.delete(key);
    // Its requests go on in it; the key is free at once, should the version come back.
    this.#runtimes.delete(key);
    runtime?.drain();
  }

  #invoke(id: number, { meta, body }: Extract<Frame, { kind: "invoke" }>): void {
    const runtime = this.#runtimes.get(meta.key);
    if (runtime === undefined) {
      this.#parts.link.send("failed", id, {
        code: "ERR_FUNCTION_START",
        detail: "The worker was not given the function.",
      });
      return;
    }
    this.#runtimeByCall.set(id, runtime);
    runtime.invoke(id, meta, body);
  }

  async #probe(key: number, keep: boolean): Promise<void> {
    let outcome: { ok: boolean; reason?: string } = { ok: true };
    const runtime = this.#runtimes.get(key);
    try {
      if (!keep) await runtime?.probe();
      else if (runtime?.hasIsolate === false) await endsInTime(runtime.warm());
    } catch (error) {
      outcome = { ok: false, reason: (error as Error).message };
    }
    this.#parts.link.send("probed", key, outcome);
  }

  #newRuntime(key: number, source: FunctionSource, modules: FunctionModules): FunctionRuntime {
    const { link, broker } = this.#parts;
    const mode = new DispatchMode();
    const compiled: CompiledSlot = {
      form: undefined,
      taken: (isTaken) => link.send("codeTaken", 0, { key, isTaken }),
    };
    this.#compiled.set(key, compiled);
    const runtime: FunctionRuntime = new FunctionRuntime(source, {
      key,
      newSandbox: (events, { isTrial } = { isTrial: false }) =>
        this.#newSandbox(runtime, { source, modules, compiled, mode, events, key, isTrial }),
      effect: (call) => {
        link.send("effect", call, null);
        link.flush();
      },
      answer: (call, answer, body) => link.send("answer", call, answer, body),
      failed: (call, failure) => link.send("failed", call, failure),
      body: (kind, call, meta, bytes) => link.give(kind, call, meta, bytes),
      ended: (call, cost) => {
        this.#runtimeByCall.delete(call);
        if (cost !== undefined) link.send("over", call, cost);
        // Not now: the request is only half gone.
        if (this.#pool.waiting > 0) setImmediate(() => this.#pool.admit());
        if (this.#runtimeByCall.size === 0) this.#makeRoomSoon();
      },
      log: (line) => link.send("log", 0, line),
      limit: (event) => link.send("limit", 0, event),
      isolateStarted: (after) => link.send("isolateStarted", 0, { key, after }),
      isolateEnded: (exit) => link.send("isolateEnded", 0, { key, exit }),
      begin: (call, enter) => this.#begin(call, enter),
      broker,
      jobs: this.#jobs,
      stuck: (reason) => this.#retire(key, reason),
    });
    return runtime;
  }

  #newSandbox(runtime: FunctionRuntime, { key, isTrial, ...function_ }: NewSandbox): IsolateSandbox {
    const place = this.#pool.place({
      get isIdle() {
        return !isTrial && runtime.isIdle;
      },
      get lastUsedMs() {
        return runtime.lastUsedMs;
      },
      get heapBytes() {
        return sandbox.heapBytes;
      },
      evict: (exit) => runtime.evict(exit),
    });
    const sandbox = new IsolateSandbox({
      ...function_,
      host: this.#host,
      takeIsolate: async () => {
        await place.enter();
        return this.#spares.take(function_.source.limits.heapMb);
      },
      released: () => {
        this.#sandboxes.delete(sandbox);
        place.leave();
      },
    });
    this.#sandboxes.set(sandbox, key);
    return sandbox;
  }

  /** The router must know that a request has begun before code runs that could take the process down. */
  #begin(call: number, enter: () => void): void {
    this.#beginning.push(call);
    this.#entries.push(enter);
    if (this.#beginning.length > 1) return;
    queueMicrotask(() => {
      const { link } = this.#parts;
      const entries = this.#entries;
      link.send("begun", 0, this.#beginning);
      link.flush();
      this.#beginning = [];
      this.#entries = [];
      for (const run of entries) run();
    });
  }

  /** Isolates end between requests, one at a time; under steady load with the next sweep. */
  #makeRoomSoon(): void {
    if (this.#makesRoom || !this.#pool.isOver) return;
    this.#makesRoom = true;
    setTimeout(() => {
      this.#makesRoom = false;
      if (this.#runtimeByCall.size > 0) return;
      this.#pool.makeRoom();
      this.#makeRoomSoon();
    }, ROOM_AFTER_MS);
  }

  #retire(key: number, reason: string): void {
    if (this.#retiring) return;
    this.#retiring = true;
    this.#parts.link.send("retiring", 0, { key, reason });
    this.#parts.link.flush();
    this.#parts.retire();
  }

  #noteLoad(): void {
    const [load = 0] = loadavg();
    this.#host.holdUps.noteLoad(load / availableParallelism(), performance.now());
  }

  #sendStats(): void {
    this.#noteLoad();
    const heapPeaks: [key: number, bytes: number][] = [];
    for (const [sandbox, key] of this.#sandboxes) {
      const bytes = sandbox.takeHeapPeak();
      if (bytes > 0) heapPeaks.push([key, bytes]);
    }
    this.#parts.link.send("stats", 0, {
      isolates: this.#pool.live,
      spare: this.#spares.ready,
      rssBytes: process.memoryUsage.rss(),
      heapPeaks,
    });
  }
}
