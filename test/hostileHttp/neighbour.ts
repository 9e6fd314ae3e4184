import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { TestNode } from "../node/testNode.ts";

/** What a neighbour's thread is told. */
export interface NeighbourArgs {
  readonly host: string;
  readonly port: number;
  readonly servername: string;
  readonly ca: string;
}

/** A client that asks all the while, in a thread of its own: what attackers cost the test's thread it does not feel. */
export class Neighbour {
  readonly #worker: Worker;

  constructor(node: TestNode) {
    const { address: host, domain: servername, ports } = node.config;
    const workerData: NeighbourArgs = { host, port: ports.https, servername, ca: node.authority };
    this.#worker = new Worker(new URL("neighbourThread.ts", import.meta.url), { workerData });
  }

  /** How long its requests take that it begins while something happens, ms, in ascending order. @throws Error when one is not answered */
  async timesMs(happening: () => Promise<unknown>): Promise<number[]> {
    this.#worker.postMessage("begin");
    await once(this.#worker, "message");
    await happening();
    this.#worker.postMessage("end");
    const [times] = (await once(this.#worker, "message")) as [number[]];
    return times.sort((a, b) => a - b);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
