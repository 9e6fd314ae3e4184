import { setTimeout as delay } from "node:timers/promises";
import type { Checkout, TestRegion } from "./checkout.ts";
import { type Answer, RegionClient } from "./client.ts";

export interface Sample {
  readonly region: TestRegion;
  /** When the request was sent and when its answer had come, ms of `performance.now()`. */
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Null when no answer came. */
  readonly answer: Answer | null;
}

/** A steady load on one page, spread over regions; stops when told, and after its time at the latest. */
export class SteadyLoad {
  readonly samples: Sample[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(
    checkout: Checkout,
    load: { regions: readonly TestRegion[]; path: string; perSecond: number; longestMs: number },
  ) {
    this.#done = this.#run(checkout, load);
  }

  async stop(): Promise<readonly Sample[]> {
    this.#stop.abort();
    await this.#done;
    return this.samples;
  }

  async #run(
    checkout: Checkout,
    {
      regions,
      path,
      perSecond,
      longestMs,
    }: { regions: readonly TestRegion[]; path: string; perSecond: number; longestMs: number },
  ): Promise<void> {
    const clients = regions.map((region) => ({ region, client: new RegionClient(checkout, region) }));
    const started = performance.now();
    const pending: Promise<void>[] = [];
    for (let sent = 0; !this.#stop.signal.aborted; sent++) {
      const dueMs = (sent / perSecond) * 1_000;
      if (dueMs > longestMs) break;
      // Requests go out on schedule, however slow answers are: a stalled server cannot hide behind its clients.
      const waitMs = started + dueMs - performance.now();
      if (waitMs > 1) await delay(waitMs);
      const { region, client } = clients[sent % clients.length] as (typeof clients)[number];
      pending.push(this.#sample(region, client, path));
    }
    await Promise.all(pending);
    await Promise.all(clients.map(({ client }) => client[Symbol.asyncDispose]()));
  }

  async #sample(region: TestRegion, client: RegionClient, path: string): Promise<void> {
    const sentAt = performance.now();
    const answer = await client.request(path).catch(() => null);
    this.samples.push({ region, sentAt, answeredAt: performance.now(), answer });
  }
}
