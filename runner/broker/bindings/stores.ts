import { Readable } from "node:stream";
import { Worker } from "node:worker_threads";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "./engine.ts";
import type { FromStores, StoreKind, ToStores } from "./storesMessages.ts";
import type { StoresData } from "./storesThread.ts";
import { wholeBody } from "./wholeBody.ts";

const HEAP_MB = 256;
/** After a thread that ended, how long until it is started again, ms. */
const RESTART_MS = 1_000;
/** What a function may send for one operation; no kind takes more. */
const CALL_BYTES_MAX = 4 * 1024 * 1024;

interface Waiting {
  resolve(answer: OperationResult): void;
  reject(error: unknown): void;
}

/** Stores with servers, on a thread that the first operation starts. One that ends is started again, after a second, by whoever asks next. */
export class Stores {
  readonly #script: string;
  readonly #data: StoresData;
  readonly #waiting = new Map<number, Waiting>();
  /** Bodies that stay open. */
  readonly #open = new Map<number, Readable>();
  #worker: Worker | undefined;
  #endedAtMs = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  /** @param script bundle of `storesThread.ts`. */
  constructor(script: string, data: StoresData) {
    this.#script = script;
    this.#data = data;
  }

  engine(kind: StoreKind): BindingEngine {
    return { run: (operation) => this.#run(kind, operation) };
  }

  async #run(kind: StoreKind, given: Operation): Promise<OperationResult> {
    const { body: _, bodyBytes: __, hold: ___, signal, ...operation } = given;
    const body = await wholeBody(given, CALL_BYTES_MAX);
    signal.throwIfAborted();
    if (this.#worker === undefined && performance.now() < this.#endedAtMs + RESTART_MS) {
      throw lost("a moment ago: nothing was done; the node's log says why");
    }
    const id = ++this.#lastId;
    this.#worker ??= this.#start();
    this.#tell({ type: "run", id, kind, operation, body });
    // Also while the result's body is open.
    signal.addEventListener("abort", () => this.#tell({ type: "abort", id }), { once: true });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #start(): Worker {
    const worker = new Worker(this.#script, {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      env: {},
    });
    worker.on("message", (message: FromStores) => this.#hear(message));
    worker.on("error", (error) => process.stderr.write(`the thread of stores failed: ${(error as Error).stack}\n`));
    worker.on("exit", () => {
      this.#worker = undefined;
      this.#endedAtMs = performance.now();
      const fault = lost("while it ran; the node's log says why");
      for (const { reject } of this.#waiting.values()) reject(fault);
      for (const body of this.#open.values()) body.destroy(fault);
      this.#waiting.clear();
      this.#open.clear();
    });
    // The broker ends without waiting for it.
    worker.unref();
    return worker;
  }

  #hear(message: FromStores): void {
    const { id } = message;
    if (message.type === "closed") {
      this.#open.get(id)?.push(null);
      this.#open.delete(id);
      return;
    }
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (message.type === "failed") {
      waiting?.reject(message.failure === undefined ? new Error("it failed in its thread") : faultOf(message.failure));
    } else if (message.isOpen) {
      waiting?.resolve({ result: message.result, body: this.#openBody(id) });
    } else {
      waiting?.resolve({
        result: message.result,
        ...(message.body !== undefined && { body: Buffer.from(message.body) }),
      });
    }
  }

  /** Without a byte, and at its end when the operation is over; whoever destroys it ends the operation. */
  #openBody(id: number): Readable {
    const body = new Readable({ read() {} });
    this.#open.set(id, body);
    body.once("close", () => {
      if (this.#open.delete(id)) this.#tell({ type: "abort", id });
    });
    return body;
  }

  #tell(message: ToStores): void {
    this.#worker?.postMessage(message);
  }
}

function lost(when: string): BindingFault {
  return new BindingFault("ERR_BINDING_UNAVAILABLE", `the connections of the node were lost ${when}`);
}

function faultOf({ code, message, storeCode }: BindingFault["failure"]): BindingFault {
  return new BindingFault(code, message, storeCode === undefined ? {} : { storeCode });
}
