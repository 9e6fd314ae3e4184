import { Worker } from "node:worker_threads";
import type { BindingFault } from "./bindings/engine.ts";

/** After a thread that ended, how long until it is started again, ms. */
const RESTART_MS = 1_000;

export interface Waiting<Answer> {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

interface Parts<FromThread, Answer> {
  readonly script: string;
  readonly data: unknown;
  readonly heapMb: number;
  /** What it is, for the log. */
  readonly what: string;
  /** @param waiting who asked under the message's number, unless that has been answered. */
  hear(message: FromThread, waiting: Waiting<Answer> | undefined): void;
  /** Why nothing is answered: the thread ended a moment before it was asked, or meanwhile. */
  away(when: "before" | "meanwhile"): BindingFault;
  /** The thread has ended, and who waited for it has been told. */
  ended?(): void;
}

/** A thread that is asked by number, and that the first who asks starts. One that ends is started again, after a second, by whoever asks next. */
export class AskedThread<
  ToThread extends { readonly id: number },
  FromThread extends { readonly id: number },
  Answer = unknown,
> {
  readonly #parts: Parts<FromThread, Answer>;
  readonly #waiting = new Map<number, Waiting<Answer>>();
  #worker: Worker | undefined;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  constructor(parts: Parts<FromThread, Answer>) {
    this.#parts = parts;
  }

  /** @throws BindingFault when the thread ended a moment ago. */
  ask(request: (id: number) => ToThread): { readonly id: number; readonly answer: Promise<Answer> } {
    if (this.#worker === undefined && performance.now() < this.#endedAtMs + RESTART_MS)
      throw this.#parts.away("before");
    const id = ++this.#lastId;
    this.#worker ??= this.#start();
    this.#worker.postMessage(request(id));
    return { id, answer: new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject })) };
  }

  /** Tells it something more about what was asked; one that has ended need not know. */
  tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  /** Ends the thread; what waits fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const { script, data, heapMb, what, hear, away, ended } = this.#parts;
    const worker = new Worker(script, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      env: {},
    });
    worker.on("message", (message: FromThread) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      hear(message, waiting);
    });
    worker.on("error", (error) => process.stderr.write(`${what} failed: ${(error as Error).stack}\n`));
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#endedAtMs = performance.now();
      for (const { reject } of this.#waiting.values()) reject(away("meanwhile"));
      this.#waiting.clear();
      ended?.();
    });
    // The broker ends without waiting for it.
    worker.unref();
    return worker;
  }
}
