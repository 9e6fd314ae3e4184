import { Worker } from "node:worker_threads";
import type { MapAnswer, MapRequest } from "../stackMapper/main.ts";

/** Without exceptions for so long, the thread ends, ms. */
const IDLE_MS = 60_000;
const ANSWER_WITHIN_MS = 2_000;
const HEAP_MB = 128;

interface Waiting {
  readonly text: string;
  readonly settle: (text: string) => void;
}

/** A thread that reads source maps; started by the first exception, and it may fail: then stacks stay as they are. */
export class MapperThread {
  readonly #script: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(script: string) {
    this.#script = script;
  }

  /** Requests that wait for an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  map(text: string, maps: MapRequest["maps"]): Promise<string> {
    const id = ++this.#lastId;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, text, maps } satisfies MapRequest);
    return new Promise((settle) => {
      this.#waiting.set(id, { text, settle });
      this.#watch();
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#script, { resourceLimits: { maxOldGenerationSizeMb: HEAP_MB }, env: {} });
    worker.on("message", ({ id, text }: MapAnswer) => {
      this.#waiting.get(id)?.settle(text);
      this.#waiting.delete(id);
      this.#watch();
    });
    worker.on("error", () => this.#end(worker));
    worker.on("exit", () => this.#end(worker));
    // Listening has made it hold the process.
    worker.unref();
    return worker;
  }

  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(this.#worker), this.#waiting.size > 0 ? ANSWER_WITHIN_MS : IDLE_MS);
    this.#timer.unref();
  }

  #end(worker: Worker | undefined): void {
    if (worker === undefined || worker !== this.#worker) return;
    this.#worker = undefined;
    clearTimeout(this.#timer);
    void worker.terminate();
    for (const { text, settle } of this.#waiting.values()) settle(text);
    this.#waiting.clear();
  }
}
