import { AskedThread } from "../askedThread.ts";
import { BindingFault } from "../bindings/engine.ts";
import type { KvEntry, KvFound, KvListed, KvPage } from "./kvDatabase.ts";
import type { KvStore } from "./kvStore.ts";
import type { KvAnswer, KvRequest, KvThreadData } from "./thread.ts";

const HEAP_MB = 128;

/** The node's own store: a thread with a file. What it has acknowledged is on disk. */
export class KvThread implements KvStore {
  readonly #thread: AskedThread<KvRequest, KvAnswer>;

  constructor(script: string, data: KvThreadData) {
    this.#thread = new AskedThread({
      ...{ script, data, heapMb: HEAP_MB, what: "the store of keys and values", away },
      hear: (answer, waiting) => {
        if ("code" in answer) waiting?.reject(new BindingFault(answer.code, answer.message, answer));
        else waiting?.resolve(answer.value);
      },
    });
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
  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ask<M extends keyof KvStore>(method: M, args: Parameters<KvStore[M]>): Promise<unknown> {
    return this.#thread.ask((id) => ({ id, method, args }) satisfies KvRequest<M>).answer;
  }
}

function away(when: "before" | "meanwhile"): BindingFault {
  const how = when === "before" ? "it could not be opened a moment ago; the node's log says why" : "it went away";
  return new BindingFault("ERR_BINDING_UNAVAILABLE", `the node's store of keys and values is away: ${how}`);
}
