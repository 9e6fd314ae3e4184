import { Readable } from "node:stream";
import { AskedThread, type Waiting } from "../askedThread.ts";
import { type BindingEngine, BindingFault, type Operation, type OperationResult } from "./engine.ts";
import type { FromStores, StoreKind, ToStores } from "./storesMessages.ts";
import type { StoresData } from "./storesThread.ts";
import { wholeBody } from "./wholeBody.ts";

const HEAP_MB = 256;
/** What a function may send for one operation; no kind takes more. */
const CALL_BYTES_MAX = 4 * 1024 * 1024;

/** Stores with servers, on a thread of their own. */
export class Stores {
  readonly #thread: AskedThread<ToStores, FromStores, OperationResult>;
  /** Bodies that stay open. */
  readonly #open = new Map<number, Readable>();

  /** @param script bundle of `storesThread.ts`. */
  constructor(script: string, data: StoresData) {
    this.#thread = new AskedThread({
      ...{ script, data, heapMb: HEAP_MB, what: "the thread of stores", away: lost },
      hear: (message, waiting) => this.#hear(message, waiting),
      ended: () => {
        for (const body of this.#open.values()) body.destroy(lost("meanwhile"));
        this.#open.clear();
      },
    });
  }

  engine(kind: StoreKind): BindingEngine {
    return { run: (operation) => this.#run(kind, operation) };
  }

  async #run(kind: StoreKind, given: Operation): Promise<OperationResult> {
    const { body: _, bodyBytes: __, hold: ___, signal, ...operation } = given;
    const body = await wholeBody(given, CALL_BYTES_MAX);
    signal.throwIfAborted();
    const { id, answer } = this.#thread.ask((id) => ({ type: "run", id, kind, operation, body }));
    // Also while the result's body is open.
    signal.addEventListener("abort", () => this.#thread.tell({ type: "abort", id }), { once: true });
    return answer;
  }

  #hear(message: FromStores, waiting: Waiting<OperationResult> | undefined): void {
    const { id } = message;
    if (message.type === "closed") {
      this.#open.get(id)?.push(null);
      this.#open.delete(id);
    } else if (message.type === "failed") {
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
      if (this.#open.delete(id)) this.#thread.tell({ type: "abort", id });
    });
    return body;
  }
}

function lost(when: "before" | "meanwhile"): BindingFault {
  const how = when === "before" ? "a moment ago: nothing was done" : "while it ran";
  return new BindingFault(
    "ERR_BINDING_UNAVAILABLE",
    `the connections of the node were lost ${how}; the node's log says why`,
  );
}

function faultOf({ code, message, storeCode }: BindingFault["failure"]): BindingFault {
  return new BindingFault(code, message, storeCode === undefined ? {} : { storeCode });
}
