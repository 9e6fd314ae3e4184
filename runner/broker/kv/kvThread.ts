import { Worker } from "node:worker_threads";
import { BindingFault } from "../bindings/engine.ts";
import type { KvEntry, KvFound, KvListed, KvPage } from "./kvDatabase.ts";
import type { KvStore } from "./kvStore.ts";
import type { KvAnswer, KvRequest, KvThreadData } from "./thread.ts";

const HEAP_MB = 128;
/** After a thread that failed, how long until it is tried again, ms. */
const RESTART_MS = 1_000;

interface Waiting {
  resolve(value: unknown): void;
  reject(error: BindingFault): void;
}

/** The node's own store: a thread with a file. A thread that ends is started again by whoever asks next. */
export class KvThread implements KvStore {
  readonly #script: string;
  readonly #data: KvThreadData;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  constructor(script: string, data: KvThreadData) {
    this.#script = script;
    this.#data = data;
  }

  get(namespace: string, key: string) {
    return this.#ask("get", [namespace, key]) as Promise<KvFound | undefined>;
  }
  put(namespace: string, key: string, entry: KvEntry, bytes: Uint8Array) {
    return this.#ask("put", [namespace, key, entry, bytes]) as Promise<void>;
  }
  beginValue(namespace: string) {
    return this.#ask("beginValue", [namespace]) as Promise<number>;
  }
  addPiece(...args: Parameters<KvStore["addPiece"]>) {
    return this.#ask("addPiece", args) as Promise<void>;
  }
  endValue(...args: Parameters<KvStore["endValue"]>) {
    return this.#ask("endValue", args) as Promise<void>;
  }
  dropValue(value: number) {
    return this.#ask("dropValue", [value]) as Promise<void>;
  }
  piece(value: number, number: number) {
    return this.#ask("piece", [value, number]) as Promise<Uint8Array | undefined>;
  }
  delete(namespace: string, key: string) {
    return this.#ask("delete", [namespace, key]) as Promise<void>;
  }
  list(namespace: string, page: KvPage) {
    return this.#ask("list", [namespace, page]) as Promise<readonly KvListed[]>;
  }

  /** Ends the thread; what waits fails. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask<M extends keyof KvStore>(method: M, args: Parameters<KvStore[M]>): Promise<unknown> {
    if (this.#worker === undefined && performance.now() < this.#failedAtMs + RESTART_MS) {
      return Promise.reject(away("it could not be opened a moment ago; the node's log says why"));
    }
    const id = ++this.#lastId;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, method, args } satisfies KvRequest<M>);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      env: {},
    });
    worker.on("message", (answer: KvAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ("code" in answer) waiting?.reject(new BindingFault(answer.code, answer.message, answer));
      else waiting?.resolve(answer.value);
    });
    worker.on("error", (error) =>
      process.stderr.write(`the store of keys and values failed: ${(error as Error).stack}\n`),
    );
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#failedAtMs = performance.now();
      for (const { reject } of this.#waiting.values()) reject(away("it went away"));
      this.#waiting.clear();
    });
    // The broker ends without waiting for it: what was acknowledged is on disk.
    worker.unref();
    return worker;
  }
}

function away(why: string): BindingFault {
  return new BindingFault("ERR_BINDING_UNAVAILABLE", `the node's store of keys and values is away: ${why}`);
}
