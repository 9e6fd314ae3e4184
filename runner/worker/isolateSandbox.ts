import { CpuCharges } from "./cpuCharges.ts";
import { argumentsOf, type Entry, isTimeout } from "./entry.ts";
import { loadFunction } from "./functionLoader.ts";
import { HeapWatch } from "./heapWatch.ts";
import { type HostBody, TO_HOST, TO_ISOLATE } from "./isolatePort.ts";
import { IsolateStart } from "./isolateStart.ts";
import { Outbox } from "./outbox.ts";
import type { PlatformIsolate } from "./platformIsolate.ts";
import { rejectionText } from "./rejection.ts";
import { type Sandbox, type SandboxLoss, StartError, startReason } from "./sandbox.ts";
import type { SandboxParts } from "./sandboxParts.ts";
import { watchStop } from "./stopWatch.ts";
import type { TurnTaker } from "./turn.ts";

/** CPU time of an entry that is no reason to end the isolate, ms. */
const SHORT_ENTRY_MS = 10;

/**
 * A function version in an isolate of its own. Its entries run one by one: those of a calm function on this thread, in the turn
 * that the worker gives them; all others on a thread of isolated-vm's, each an `apply` whose promise settles when the entry and
 * its microtasks are over.
 */
export class IsolateSandbox implements Sandbox, TurnTaker {
  readonly #parts: SandboxParts;
  readonly #charges = new CpuCharges();
  #home: PlatformIsolate | undefined;
  #queue: Entry[] = [];
  /** What the other thread runs. */
  #running: Entry | undefined;
  readonly #heap: HeapWatch;
  #started = false;
  #hearsRejections = false;
  #ended = false;
  #start: IsolateStart | undefined;
  readonly #outbox = new Outbox((...said) => this.#hear(...said));
  /** Requests that cannot be run again. */
  readonly #held = new Set<number>();

  constructor(parts: SandboxParts) {
    this.#parts = parts;
    this.#heap = new HeapWatch(parts.source.limits.heapMb);
  }

  async start(): Promise<void> {
    const { name, version } = this.#parts.source;
    const home = await this.#takeIsolate();
    this.#home = home;
    home.owner = `${name}@${version}`;
    home.host = this.#parts.events.host;
    home.hear = (...said) => this.#outbox.hear(...said);
    const start = new IsolateStart(this.#parts.source.limits);
    this.#start = start;
    const entry = { kind: 0, call: 0, id: 0, text: "", body: undefined };
    this.#runs(entry);
    const loaded = loadFunction(home, this.#parts)
      .catch((error) => start.threw(error))
      .finally(() => this.#settle(entry));
    try {
      await start.end(loaded);
      this.#started = true;
    } catch (error) {
      this.dispose();
      throw error;
    } finally {
      this.#start = undefined;
    }
  }

  enter(kind: number, call: number, id: number, text: string, body?: Buffer): void {
    if (this.#ended || !this.#started) return;
    this.#queue.push({ kind, call, id, text, body });
    this.#next();
  }

  charge(call: number, cpuMs: number): void {
    this.#charges.add(call, cpuMs);
  }

  cpuMs(call: number): number {
    if (this.#running !== undefined) this.#parts.host.watch.look();
    return this.#charges.of(call);
  }

  /** What the isolate held when it was last looked at, bytes. */
  get heapBytes(): number {
    return this.#heap.bytes;
  }

  /** The most that it was seen to hold since this was last asked, bytes. */
  takeHeapPeak(): number {
    return this.#heap.takePeak();
  }

  hasRun(call: number): boolean {
    return this.#charges.has(call);
  }

  hold(call: number): void {
    this.#held.add(call);
  }

  forget(call: number): void {
    this.#charges.close(call);
    this.#held.delete(call);
    const waits = this.#queue.some((entry) => entry.call === call && entry.kind === TO_ISOLATE.invoke);
    if (waits) this.#queue = this.#queue.filter((entry) => entry.call !== call);
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#queue = [];
    this.#parts.host.turn.leave(this);
    this.#home?.dispose();
    this.#parts.released();
    if (this.#running === undefined) return;
    // Builtins such as a huge fill() do not hear a termination, and a heap that passed its limit may go on growing. Its CPU time is
    // watched until it stands still: others would be charged with it.
    watchStop({
      isRunning: () => this.#running !== undefined,
      cpuMs: () => {
        this.#parts.host.watch.look();
        return this.#charges.entryMs;
      },
      stuck: () => this.#parts.events.stuck(),
    });
  }

  accrue(cpuMs: number): void {
    this.#charges.accrue(cpuMs);
  }

  /** Called every few milliseconds while the other thread runs an entry. */
  poll(): void {
    const entry = this.#running;
    const home = this.#home;
    if (entry === undefined || home === undefined || this.#ended) return;
    if (home.isDisposed) {
      this.#lose("heap", entry, this.#charges.of(entry.call));
      return;
    }
    const { cpuMs, startMs } = this.#parts.source.limits;
    const { entryMs } = this.#charges;
    const usedMs = this.#charges.of(entry.call);
    // A short entry is let go to its end: the request is over then, but not its neighbours in the isolate.
    if (usedMs > (this.#started ? cpuMs : startMs) && entryMs > SHORT_ENTRY_MS) this.#lose("cpu", entry, usedMs);
  }

  /** One entry on this thread. */
  runOne(sliceMs: number): boolean {
    const home = this.#home;
    if (home === undefined || this.#running !== undefined || !this.#isCalm) {
      this.#next();
      return false;
    }
    const entry = this.#queue.shift();
    if (entry === undefined) return false;
    this.#begins(entry);
    const { holdUps } = this.#parts.host;
    const limitMs = Math.ceil(sliceMs + 2 * holdUps.longestMs);
    const startedMs = performance.now();
    this.#charges.beginHere(entry.call);
    let failure: { error: unknown } | undefined;
    this.#outbox.keep();
    try {
      home.enterNow(argumentsOf(entry), limitMs);
    } catch (error) {
      failure = { error };
    }
    if (home.isDisposed) {
      this.#outbox.send();
      this.#lose("heap", entry, this.#charges.of(entry.call));
      return false;
    }
    const endedMs = performance.now();
    const cpuMs = this.#charge();
    holdUps.note(endedMs - startedMs - cpuMs, endedMs);
    if (failure !== undefined && isTimeout(failure.error) && endedMs - startedMs >= limitMs - 1) {
      this.#stopped(entry, { cpuMs, sliceMs });
      return false;
    }
    const refused = this.#outbox.send();
    this.#over(entry, failure ?? refused);
    return this.#queue.length > 0;
  }

  /** The entry was stopped in its slice, and with it whatever the isolate had under way. */
  #stopped(entry: Entry, { cpuMs, sliceMs }: { cpuMs: number; sliceMs: number }): void {
    // Most of the slice without the CPU: the machine is busy, not the function.
    if (cpuMs > sliceMs / 2) this.#parts.mode.offend();
    const usedMs = this.#charges.of(entry.call);
    const exit = usedMs > this.#parts.source.limits.cpuMs ? "cpu" : "slice";
    if (exit === "cpu") this.#outbox.send();
    else this.#outbox.drop();
    this.#lose(exit, entry, usedMs);
  }

  /** A heap near its limit has long collections, which hear no time limit. What cannot be run again must not be stopped. */
  get #isCalm(): boolean {
    return this.#held.size === 0 && this.#parts.mode.isCalm && !this.#heap.isHigh;
  }

  /** Gets the first in the queue run, once nothing else runs: a thread that waits for the isolate's lock stands still. */
  #next(): void {
    const [entry] = this.#queue;
    if (entry === undefined || this.#running !== undefined || this.#ended) return;
    if (this.#isCalm) {
      this.#parts.host.turn.join(this);
      return;
    }
    this.#queue.shift();
    this.#begins(entry);
    this.#runs(entry);
    this.#home?.enterLater(argumentsOf(entry)).then(
      () => this.#settle(entry),
      (error) => this.#settle(entry, { error }),
    );
  }

  async #takeIsolate(): Promise<PlatformIsolate> {
    try {
      const home = await this.#parts.takeIsolate();
      if (!this.#ended) return home;
      home.dispose();
    } catch (error) {
      this.dispose();
      throw error;
    }
    throw new StartError("it was ended before it started");
  }

  #begins({ kind, call }: Entry): void {
    if (kind === TO_ISOLATE.invoke) this.#charges.open(call);
  }

  #runs(entry: Entry): void {
    this.#running = entry;
    this.#charges.beginElsewhere(entry.call);
    this.#parts.host.watch.add(this);
  }

  #settle(entry: Entry, failure?: { error: unknown }): void {
    this.#running = undefined;
    this.#parts.host.watch.remove(this);
    if (this.#ended) return;
    if (this.#home?.isDisposed) {
      this.#lose("heap", entry, this.#charges.of(entry.call));
      return;
    }
    this.#charge();
    if (this.#started) this.#over(entry, failure);
    this.#next();
  }

  #over(entry: Entry, failure: { error: unknown } | undefined): void {
    const { events, source } = this.#parts;
    if (failure !== undefined) this.#rejected(entry, failure.error);
    const usedMs = this.#charges.of(entry.call);
    if (this.#home?.isOverHeap) this.#lose("heap", entry, usedMs);
    else if (usedMs > source.limits.cpuMs) events.overCpu(entry.call, usedMs);
  }

  /** A rejection that nobody took is the function's own affair. What comes of telling it is not told again: that could go on for ever. */
  #rejected({ kind, call }: Entry, error: unknown): void {
    if (this.#hearsRejections && kind !== TO_ISOLATE.rejected)
      this.enter(TO_ISOLATE.rejected, call, 0, rejectionText(error));
    else this.#parts.events.message(TO_HOST.log, call, 3, startReason(error), undefined);
  }

  /** Charges what an entry that is over has used. */
  #charge(): number {
    const cpuMs = this.#charges.end();
    if (this.#started) this.#parts.mode.note(cpuMs);
    if (this.#home !== undefined) this.#heap.look(this.#home, performance.now());
    return cpuMs;
  }

  #hear(kind: number, call: number, id: number, text: string, body: HostBody): void {
    if (this.#ended) return;
    if (kind === TO_HOST.started) this.#start?.reported();
    else if (kind === TO_HOST.wasmBytes && this.#home !== undefined) this.#home.wasmBytes = id;
    else if (kind === TO_HOST.startFailed) this.#start?.fail(new StartError(text));
    else if (kind === TO_HOST.hearsRejections) this.#hearsRejections = true;
    else this.#parts.events.message(kind, call, id, text, body);
  }

  #lose(exit: SandboxLoss, head: Entry, usedMs: number): void {
    this.dispose();
    if (this.#start === undefined) this.#parts.events.lost(exit, head.call, usedMs);
    else this.#start.lost(exit, exit === "heap" ? this.#parts.source.limits.heapMb : usedMs);
  }
}
